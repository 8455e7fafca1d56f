"""The HTTP bodies of answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import UtcDatetime

from services.feedback.domain.response import Response
from services.feedback.domain.scoring import score_class

Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Metric = Literal["nps", "csat", "ces", "five_star"]


class ResponseBody(BaseModel):
    """An answer."""

    id: str
    customer_id: str | None
    campaign_id: str | None
    campaign_name: str | None
    dispatch_id: str | None
    channel: str
    metric: str
    score: int
    score_class: str
    comment: str | None
    provisional: bool
    suspected_automatic: bool
    language: str | None
    added_by: str | None = Field(description="Who added it by hand.")
    attributes: dict[str, Any]
    answered_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, response: Response) -> "ResponseBody":
        """From the domain."""
        values = {name: getattr(response, name) for name in cls.model_fields if name != "score_class"}
        return cls(**values, score_class=score_class(response.metric, response.score))


class ResponseDraft(BaseModel):
    """An answer that was received outside of any survey."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Reference
    campaign_id: Reference | None = Field(default=None, description="The campaign that it counts for.")
    metric: Metric | None = Field(default=None, description="The campaign's; needed without one.")
    score: int = Field(strict=True)
    comment: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    answered_at: UtcDatetime | None = Field(default=None, description="When it was given; now where left out.")


class ResponsePage(BaseModel):
    """Answers, newest first; `next` goes into `after` for the following page."""

    items: list[ResponseBody]
    next: str | None = None
