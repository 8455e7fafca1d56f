"""The HTTP bodies of answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import UtcDatetime

from services.feedback.domain.response import Response
from services.feedback.domain.scoring import score_class
from services.feedback.domain.work import State

Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Metric = Literal["nps", "csat", "ces", "five_star"]


class WorkBody(BaseModel):
    """How far colleagues are with an answer."""

    state: State
    assigned_to: str | None
    tags: list[str] = Field(description="What colleagues call it; the customer's own are among the attributes.")
    note_count: int


class ShownAnswerBody(BaseModel):
    """A further question and its answer in words, as they stood on the page."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    question: str
    answer: list[str]


class ResponseBody(BaseModel):
    """An answer."""

    id: str
    version: int = Field(description="For `If-Match`.")
    customer_id: str | None
    campaign_id: str | None
    campaign_name: str | None
    dispatch_id: str | None
    channel: str
    metric: str
    score: int
    score_class: str
    comment: str | None
    comment_language: str | None = Field(description="As it reads; null where nobody could tell.")
    topics: list[str] = Field(description="What the comment is about.")
    answers: dict[str, Any] = Field(description="To further questions, by the question's id.")
    answers_shown: list[ShownAnswerBody] = Field(description="The same in words.")
    provisional: bool
    suspected_automatic: bool
    language: str | None
    added_by: str | None = Field(description="Who added it by hand.")
    work: WorkBody
    past: bool = Field(description="An old answer that was imported: nobody was told of it as of news.")
    import_id: str | None = Field(description="The import that it came with.")
    attributes: dict[str, Any]
    answered_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, response: Response) -> "ResponseBody":
        """From the domain."""
        derived = {"score_class", "version", "work"}
        values = {name: getattr(response, name) for name in cls.model_fields if name not in derived}
        work = WorkBody.model_validate(response.work, from_attributes=True)
        class_ = score_class(response.metric, response.score)
        return cls(**values, version=response.seq, work=work, score_class=class_)


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
