"""The HTTP bodies of work over many customers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator
from sounding_contracts.payload import Name

from services.profile.domain.job import Job, Kind, State
from services.profile.schemas.customers import CustomerEdit, Wanted


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
    """What to do with all customers that a search finds."""

    kind: Kind
    sort: Literal["id"] = "id"
    edit: BulkEdit | None = Field(default=None, description="For the kind `edit`.")

    @model_validator(mode="after")
    def _fits(self) -> "JobDraft":
        if (self.edit is None) is (self.kind is Kind.EDIT):
            msg = "edit is needed for the kind edit, and for no other"
            raise ValueError(msg)
        return self


class JobBody(BaseModel):
    """Work in the background."""

    id: str
    kind: Kind
    label: str
    state: State
    reason: str | None = Field(description="Why it failed.")
    total: int | None = Field(description="How many customers there were to look at when it was asked for.")
    looked_at: int
    changed: int
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
