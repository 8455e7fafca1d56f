"""How far colleagues are with an answer: open or resolved, whose it is, what they call it, what they said of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict, Invalid

MAX_TAGS, MAX_NOTES = 50, 200


class State(StrEnum):
    """Whether somebody has still to see to it."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What colleagues made of an answer; `tags` are theirs, not the customer's."""

    state: State = State.OPEN
    assigned_to: str | None = None
    tags: tuple[str, ...] = ()
    note_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody said of an answer, for colleagues."""

    id: str
    response_id: str
    customer_id: str | None
    text: str
    by: str
    at: datetime


def tagged(work: Work, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Work:
    """With these tags and without those, one of a kind without regard to case. Raises `Invalid` for too many."""
    gone = {tag.casefold() for tag in remove}
    kept = {tag.casefold(): tag for tag in work.tags if tag.casefold() not in gone}
    for tag in add:
        kept.setdefault(tag.casefold(), tag)
    if len(kept) > MAX_TAGS:
        code, reason = "too-many-tags", f"An answer may have {MAX_TAGS} tags."
        raise Invalid(code, reason, field="tags")
    return replace(work, tags=tuple(kept.values()))


def noted(work: Work) -> Work:
    """With one note more. Raises `Conflict` for too many."""
    if work.note_count >= MAX_NOTES:
        code, reason = "too-many-notes", f"An answer may have {MAX_NOTES} notes."
        raise Conflict(code, reason)
    return replace(work, note_count=work.note_count + 1)


def unnoted(work: Work) -> Work:
    """With one note less."""
    return replace(work, note_count=max(0, work.note_count - 1))


def forgotten(work: Work) -> Work:
    """Without the words that may say whose answer it is."""
    return replace(work, tags=(), note_count=0)
