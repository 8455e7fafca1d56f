"""What people did with an answer: who, when, and what it was before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .response import Response

SHOWN = ("score", "comment", "provisional", "suspected_automatic", "language", "campaign_id", "answered_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became another."""

    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One action of a person; `changes` is what it changed, by field."""

    id: str
    response_id: str
    customer_id: str | None
    action: str
    by: str
    at: datetime
    changes: Mapping[str, Change] = field(default_factory=dict)


def changes(before: Response | None, after: Response | None) -> dict[str, Change]:
    """What is another now, by field."""
    was, is_ = (dict(_parts(one)) if one else {} for one in (before, after))
    found = {name: Change(before=was.get(name), after=is_.get(name)) for name in {**was, **is_}}
    return {name: change for name, change in found.items() if change.before != change.after}


def _parts(response: Response) -> Iterator[tuple[str, Any]]:
    yield from ((name, getattr(response, name)) for name in SHOWN)
    work = response.work
    yield from (("state", str(work.state)), ("assigned_to", work.assigned_to), ("tags", list(work.tags)))
