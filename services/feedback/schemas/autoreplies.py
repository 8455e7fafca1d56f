"""The HTTP bodies of autoreplies."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.feedback.domain.autoreply import BUILT_IN, MAX_DELAY_MINUTES, Autoreply

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Minutes = Annotated[int, Field(ge=0, le=MAX_DELAY_MINUTES)]


class AutoreplyEdit(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    campaign_id: Reference | None = Field(default=None, description="Of which campaign; null: of any.")
    filter: dict[str, Any] = Field(default_factory=dict, description="Which answers; empty: all.")
    template_id: Reference = Field(default=BUILT_IN, description="The mail, a template of outbox.")
    min_delay_minutes: Minutes = Field(default=0, description="The mail comes this long after the answer at least,")
    max_delay_minutes: Minutes = Field(default=0, description="and at most this long: at random between both.")
    active: bool = Field(default=False, description="Answers given while it is on, and only those, are followed.")


class AutoreplyDraft(AutoreplyEdit):
    """An autoreply to be made."""

    name: Name


class AutoreplyBody(BaseModel):
    """A rule: which answers are followed by which mail."""

    id: str
    name: str
    campaign_id: str | None
    filter: dict[str, Any]
    template_id: str
    min_delay_minutes: int
    max_delay_minutes: int
    active: bool
    active_since: datetime | None
    created_at: datetime
    changed_at: datetime
    seq: int

    @classmethod
    def of(cls, autoreply: Autoreply) -> "AutoreplyBody":
        """From the domain."""
        values = {name: getattr(autoreply, name) for name in cls.model_fields.keys() - {"active"}}
        return cls(**values, active=autoreply.active_since is not None)


class AutoreplyList(BaseModel):
    """All rules in the order in which they are asked: the first that wants an answer has it."""

    items: list[AutoreplyBody]


class FollowedBody(BaseModel):
    """An answer that a rule wanted, and what became of it."""

    response_id: str
    state: str = Field(description="`waiting` for its time, `requested` of outbox, `dropped`.")
    reason: str | None = Field(description="Why it was dropped: `not-wanted-any-more` (answer or rule changed).")
    due_at: datetime
    ended_at: datetime | None
    autoreply_id: str | None = Field(description="The record at outbox that says what became of the mail.")


class FollowedPage(BaseModel):
    """Answers that a rule wanted; `next` goes into `after` for the following page."""

    items: list[FollowedBody]
    next: str | None = None
