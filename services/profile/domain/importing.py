"""A CSV import: what was sent, how it is to be read, how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict

from .csv_columns import Plan


class State(StrEnum):
    """How far it is."""

    UPLOADING = "uploading"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import. `parts` were sent, `next_part` is read next, `rest` is the begun row before it; `row` counts as spreadsheets do.

    A dry run changes nothing and says what it would. `doubled` rows are about a customer of an earlier row. When it is
    undone, customers are `removed`, `put_back` as they were, or `kept`, since others have to do with them by now.
    """

    id: str
    file_name: str
    state: State = State.UPLOADING
    reason: str | None = None
    parts: int = 0
    encoding: str = "utf-8"
    delimiter: str = ","
    header: Sequence[str] = ()
    plan: Plan | None = None
    source: str | None = None
    dry_run: bool = False
    next_part: int = 0
    rest: bytes = b""
    row: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    doubled: int = 0
    removed: int = 0
    put_back: int = 0
    kept: int = 0
    by: str
    created_at: datetime
    started_at: datetime | None = None
    changed_at: datetime


def started(import_: Import, plan: Plan, *, source: str | None, dry_run: bool, now: datetime) -> Import:
    """Let it run; a dry run may be followed by the real one. Raises `Conflict` where it has been or is running."""
    again = import_.state is State.DONE and import_.dry_run
    if import_.state is not State.UPLOADING and not again:
        code, reason = "import-started", "This import has been started already."
        raise Conflict(code, reason)
    if not import_.parts:
        code, reason = "import-empty", "Nothing was uploaded."
        raise Conflict(code, reason)
    fresh = replace(import_, next_part=0, rest=b"", row=0, created=0, changed=0, unchanged=0, refused=0, doubled=0)
    return replace(
        fresh, state=State.RUNNING, plan=plan, source=source, dry_run=dry_run, started_at=now, changed_at=now
    )


def undoing(import_: Import, now: datetime, *, until: datetime) -> Import:
    """Take it back, from its last piece to its first. Raises `Conflict` where there is nothing to take back."""
    has_run = import_.state in {State.DONE, State.FAILED, State.CANCELLED} and import_.started_at is not None
    if not has_run or import_.dry_run:
        code, reason = "import-not-run", "Only an import that has run and ended can be undone."
        raise Conflict(code, reason)
    if now > until:
        code, reason = "import-too-old", "What was before it is not known any more: thirty days have passed."
        raise Conflict(code, reason)
    return replace(import_, state=State.UNDOING, reason=None, changed_at=now)


def ended(import_: Import, state: State, now: datetime, reason: str | None = None) -> Import:
    """No row more; what was imported stays. Raises `Conflict` where it has ended."""
    if import_.state not in {State.UPLOADING, State.RUNNING, State.UNDOING}:
        code, reason = "import-ended", "This import has ended already."
        raise Conflict(code, reason)
    return replace(import_, state=state, reason=reason, rest=b"", changed_at=now)
