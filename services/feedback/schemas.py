"""The HTTP bodies of feedback."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.feedback.domain.response import Response
from services.feedback.domain.scoring import Nps, score_class


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
    attributes: dict[str, Any]
    answered_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, response: Response) -> "ResponseBody":
        """From the domain."""
        values = {name: getattr(response, name) for name in cls.model_fields if name != "score_class"}
        return cls(**values, score_class=score_class(response.metric, response.score))


class ResponsePage(BaseModel):
    """Answers, newest first; `next` goes into `after` for the following page."""

    items: list[ResponseBody]
    next: str | None = None


class Summary(BaseModel):
    """NPS of the final answers that no machine is suspected of."""

    count: int
    promoters: int
    passives: int
    detractors: int
    nps: int | None = Field(description="(promoters − detractors) ÷ answers, rounded once.")
    nps_exact: float | None
    margin: float | None = Field(description="Half the 95 % interval, in points.")

    @classmethod
    def of(cls, figures: Nps) -> "Summary":
        """From the domain."""
        return cls(
            count=figures.count,
            promoters=figures.promoters,
            passives=figures.passives,
            detractors=figures.detractors,
            nps=figures.score,
            nps_exact=figures.exact,
            margin=figures.margin,
        )
