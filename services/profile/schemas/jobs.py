"""The HTTP bodies of work over many customers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator
from sounding_contracts.payload import Id, Name

from chassis.filters import MAX_VALUES
from services.profile.domain.job import Job, Kind, State
from services.profile.schemas.actions import Reference
from services.profile.schemas.customers import CustomerEdit, Wanted

MAX_IDS = 10_000


class BulkEdit(CustomerEdit):
    """What to change in each customer; an address and a name are one person's, and cannot be the same for many."""

    @model_validator(mode="after")
    def _of_many(self) -> "BulkEdit":
        if own := {"email", "phone", "first_name", "last_name"} & self.model_fields_set:
            msg = f"{min(own)} cannot be set for many customers"
            raise ValueError(msg)
        if not self.model_fields_set:
            msg = "say what to change"
            raise ValueError(msg)
        return self


class JobDraft(Wanted):
    """What to do with all customers that a search finds, or with those named."""

    kind: Kind
    sort: Literal["id"] = "id"
    ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS)] | None = Field(
        default=None, description="Only these customers, as far as the search finds them."
    )
    edit: BulkEdit | None = Field(default=None, description="For the kind `edit`: fields, tags, properties, pins.")
    campaign_id: Reference | None = Field(default=None, description="For the kind `send-survey`.")
    note: Annotated[str, Field(max_length=300)] | None = Field(
        default=None, description="Why; for `unsubscribe` and `resubscribe`."
    )

    @model_validator(mode="after")
    def _fits(self) -> "JobDraft":
        needed = {"edit": {Kind.EDIT}, "campaign_id": {Kind.SEND_SURVEY}}
        for name, kinds in needed.items():
            if (getattr(self, name) is None) is (self.kind in kinds):
                msg = f"{name} is needed for the kind {min(kinds)}, and for no other"
                raise ValueError(msg)
        if self.note is not None and self.kind not in {Kind.UNSUBSCRIBE, Kind.RESUBSCRIBE}:
            msg = "note is for the kinds unsubscribe and resubscribe only"
            raise ValueError(msg)
        return self

    @property
    def asked(self) -> dict[str, str]:
        """What the owner is told."""
        told = {"campaign_id": self.campaign_id, "note": self.note}
        return {name: value for name, value in told.items() if value is not None}

    @property
    def narrowed(self) -> Wanted:
        """The search, of those named only."""
        if self.ids is None:
            return self
        some = [self.ids[start : start + MAX_VALUES] for start in range(0, len(self.ids), MAX_VALUES)]
        named: dict[str, Any] = {"any": [{"field": "id", "op": "in", "value": part} for part in some]}
        return Wanted(filter={"all": [named, self.filter]} if self.filter else named, q=self.q, segment=self.segment)


class JobBody(BaseModel):
    """Work in the background."""

    id: str
    kind: Kind
    label: str
    state: State
    reason: str | None = Field(description="Why it failed, or what it waits for.")
    total: int | None = Field(description="How many customers there were to look at when it was asked for.")
    looked_at: int
    changed: int = Field(description="With how many it was done; of edits, in how many it changed anything.")
    refused: int = Field(description="With how many it could not be done; `/report` says with whom and why.")
    by: str
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, job: Job) -> "JobBody":
        """From the domain."""
        return cls.model_validate({name: getattr(job, name) for name in cls.model_fields})


class JobPage(BaseModel):
    """Jobs, newest first; `next` goes into `after` for the following page."""

    items: list[JobBody]
    next: str | None = None


class TagRename(BaseModel):
    """The new name of a tag; where there is one of that name, both become one."""

    to: Name


class TagBody(BaseModel):
    """A tag, and how many customers have it."""

    tag: str
    count: int


class TagList(BaseModel):
    """Tags, by name."""

    items: list[TagBody]


class PropertyEdit(BaseModel):
    """What people see of a property."""

    label: Annotated[str, Field(max_length=200)] | None = None
    description: Annotated[str, Field(max_length=2000)] | None = None


class PropertyBody(BaseModel):
    """A property, with the type that its first value gave it."""

    name: str
    type: str
    label: str | None = None
    description: str | None = None
    created_at: datetime | None = None


class PropertyList(BaseModel):
    """Properties, by name."""

    items: list[PropertyBody]


def wanted_body(draft: Wanted) -> dict[str, Any]:
    """What a job remembers of a search."""
    return {"filter": draft.filter, "q": draft.q}
