"""The HTTP bodies of what the profile page does; the service that owns each thing checks what it is asked."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import UtcDatetime

Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Body(BaseModel):
    """A body from outside: what it does not know is refused by name."""

    model_config = ConfigDict(extra="forbid")

    def asked(self) -> dict[str, Any]:
        """As the owner is asked: only what was given."""
        return self.model_dump(mode="json", exclude_none=True)


class NoteBody(Body):
    """Why, in the words of who does it."""

    note: Annotated[str, StringConstraints(max_length=500)] | None = None


class SurveyBody(Body):
    """Which campaign is to survey the customer."""

    campaign_id: Reference


class FeedbackBody(Body):
    """An answer that was received outside of any survey."""

    campaign_id: Reference | None = Field(default=None, description="The campaign that it counts for.")
    metric: Literal["nps", "csat", "ces", "five_star"] | None = Field(
        default=None, description="The campaign's; needed without one."
    )
    score: int = Field(strict=True)
    comment: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    answered_at: UtcDatetime | None = Field(default=None, description="When it was given; now where left out.")


class SurveySent(BaseModel):
    """A survey that was asked for."""

    dispatch_id: str
    campaign_id: str
    customer_id: str
    requested_at: datetime
    expires_at: datetime


class FeedbackAdded(BaseModel):
    """The answer as feedback keeps it."""

    id: str
    customer_id: str
    campaign_id: str | None
    metric: str
    score: int
    score_class: str
    comment: str | None
    added_by: str
    answered_at: datetime


Counts = dict[str, dict[str, int] | None]
"""Documents by service and collection; null of a service that did not say."""


class Erased(BaseModel):
    """The customer is no more; other services forget it within moments. `/erasure` tells what is left where."""

    customer_id: str
    erased_at: datetime
    held_before: Counts


class ErasureReport(Erased):
    """What was held on whom, and what is left: who did what when, and scores and records without words and names."""

    by: str
    left: Counts


class Held(BaseModel):
    """Documents by service and collection; a service that holds nothing has none."""

    customer_id: str
    services: dict[str, dict[str, list[dict[str, Any]]]]
