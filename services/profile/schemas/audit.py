"""The HTTP bodies of the audit log."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.profile.domain.audit import Entry, Outcome


class ChangeBody(BaseModel):
    """One thing that became another; null: there was, or is, none."""

    before: Any
    after: Any


class EntryBody(BaseModel):
    """What somebody did."""

    id: str
    action: str = Field(
        description="`create`, `edit`, `delete`, `restore`, `erase`, or what another service was asked."
    )
    by: str = Field(description="The id of the API key.")
    at: datetime
    outcome: Outcome = Field(description="`asked`: the service that owns it has not answered.")
    code: str | None = Field(description="Why it was refused.")
    details: dict[str, Any] = Field(description="What was asked for.")
    changes: dict[str, ChangeBody] = Field(description="What it changed in the profile, by field.")

    @classmethod
    def of(cls, entry: Entry) -> "EntryBody":
        """From the domain."""
        changes = {name: ChangeBody(before=one.before, after=one.after) for name, one in entry.changes.items()}
        values = {name: getattr(entry, name) for name in cls.model_fields if name not in {"changes", "details"}}
        return cls(**values, details=dict(entry.details), changes=changes)


class AuditPage(BaseModel):
    """Entries, newest first; `next` goes into `after` for the following page."""

    items: list[EntryBody]
    next: str | None = None
