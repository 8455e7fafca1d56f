"""The HTTP bodies of API keys, and of what operators look at."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.mongo import Document

Scope = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z-]{1,40}:(\*|[a-z]{1,20}))$")]


class KeyDraft(BaseModel):
    """An API key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    scopes: Annotated[frozenset[Scope], Field(min_length=1, max_length=100)]


class KeyBody(BaseModel):
    """An API key."""

    id: str
    name: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")

    @classmethod
    def of(cls, row: Document) -> "KeyBody":
        """From the document."""
        return cls(id=row["_id"], **{name: row[name] for name in cls.model_fields if name != "id"})


class KeyMade(KeyBody):
    """A fresh API key, with what its holder sends; it is shown this once."""

    key: str


class KeyList(BaseModel):
    """All API keys."""

    items: list[KeyBody]


class ScopeBody(BaseModel):
    """Something that an API key may be allowed."""

    scope: str
    description: str


class ScopeList(BaseModel):
    """All of them."""

    items: list[ScopeBody]


class ServiceState(BaseModel):
    """How a service is."""

    name: str
    ready: bool
    faults: dict[str, Any]


class SystemBody(BaseModel):
    """How all services are, now."""

    services: list[ServiceState]


class CspReport(BaseModel):
    """What a browser blocked."""

    id: str
    at: datetime
    report: dict[str, Any]


class CspReports(BaseModel):
    """What browsers blocked in the last week, the newest first."""

    items: list[CspReport]
