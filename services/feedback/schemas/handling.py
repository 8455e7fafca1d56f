"""The HTTP bodies of seeing to answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sounding_contracts.payload import Name, UtcDatetime

from services.feedback.domain.audit import Entry
from services.feedback.domain.work import MAX_TAGS, Note, State
from services.feedback.schemas.responses import ResponseBody

Tags = Annotated[list[Name], Field(max_length=MAX_TAGS)]


class TagsEdit(BaseModel):
    """Some tags more, some less."""

    model_config = ConfigDict(extra="forbid")

    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)


class ResponseEdit(BaseModel):
    """What is to be put right, or how far colleagues are with it. What is left out stays; null clears."""

    model_config = ConfigDict(extra="forbid")

    score: int = Field(default=0, strict=True)
    comment: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    answered_at: UtcDatetime | None = Field(default=None, description="When it was given.")
    provisional: Literal[False] = Field(default=False, description="`false`: it counts, though it was never sent off.")
    suspected_automatic: bool = Field(default=False, description="`false`: a person gave it. `true`: a machine did.")
    state: State = State.OPEN
    assigned_to: Name | None = Field(default=None, description="The name of the user who sees to it.")
    tags: Tags | TagsEdit = Field(default_factory=list, description="All of them, or some to `add` and to `remove`.")

    @model_validator(mode="after")
    def _says_something(self) -> "ResponseEdit":
        if not self.model_fields_set:
            msg = "say what to change"
            raise ValueError(msg)
        if "answered_at" in self.model_fields_set and self.answered_at is None:
            msg = "answered_at cannot be cleared"
            raise ValueError(msg)
        return self


class NoteDraft(BaseModel):
    """What somebody says of an answer, for colleagues."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]


class NoteBody(BaseModel):
    """What somebody said of an answer."""

    id: str
    text: str
    by: str
    at: datetime

    @classmethod
    def of(cls, note: Note) -> "NoteBody":
        """From the domain."""
        return cls(id=note.id, text=note.text, by=note.by, at=note.at)


class ChangeBody(BaseModel):
    """One thing that became another; null: there was, or is, none."""

    before: Any
    after: Any


class EntryBody(BaseModel):
    """What somebody did."""

    id: str
    action: str = Field(
        description="`add`, `correct`, `resolve`, `reopen`, `assign`, `tag`, `note`, `remove-note`, `erase`."
    )
    by: str = Field(description="The id of the API key.")
    at: datetime
    changes: dict[str, ChangeBody]

    @classmethod
    def of(cls, entry: Entry) -> "EntryBody":
        """From the domain."""
        changed = {name: ChangeBody(before=one.before, after=one.after) for name, one in entry.changes.items()}
        return cls(id=entry.id, action=entry.action, by=entry.by, at=entry.at, changes=changed)


class AuditPage(BaseModel):
    """Entries, newest first; `next` goes into `after` for the following page."""

    items: list[EntryBody]
    next: str | None = None


class ResponseDetail(ResponseBody):
    """An answer with all that its page shows: the notes, what was done with it last, the customer's other answers."""

    notes: list[NoteBody] = Field(description="The oldest first.")
    audit: list[EntryBody] = Field(description="The latest twenty, newest first.")
    others: list[ResponseBody] = Field(description="The same customer's latest ten, newest first.")
