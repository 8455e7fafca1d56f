"""Survey records."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class DispatchBody(BaseModel):
    """A survey record."""

    id: str
    customer_id: str
    campaign_id: str
    campaign_name: str | None
    subject_line: str | None
    how_sent: str = Field(description="`manually`, `automatically` by the campaign, or as a `reminder`.")
    reason: str
    state: str
    state_reason: str | None
    responded: bool
    language: str | None
    template_id: str | None
    brand_id: str | None
    message_id: str | None
    smtp_reply: dict[str, Any] | None
    requested_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    responded_at: datetime | None
    ended_at: datetime | None


class DispatchPage(BaseModel):
    """Survey records; `next` goes into `after` for the following page."""

    items: list[DispatchBody]
    next: str | None = None
