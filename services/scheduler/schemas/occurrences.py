"""Bodies of surveys by hand."""

from datetime import datetime

from pydantic import BaseModel

from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.schemas.common import Body, Reference


class SendBody(Body):
    """Whom to survey."""

    customer_id: Reference


class SentBody(BaseModel):
    """A survey that was asked for; outbox has its record under `dispatch_id` a moment later."""

    dispatch_id: str
    campaign_id: str
    customer_id: str
    requested_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, occurrence: Occurrence) -> "SentBody":
        """The answer to who asked for it."""
        return cls(
            dispatch_id=occurrence.dispatch_id,
            campaign_id=occurrence.campaign_id,
            customer_id=occurrence.customer_id,
            requested_at=occurrence.not_before,
            expires_at=occurrence.expires_at,
        )
