"""An import of old answers: what was sent, how it is to be read, how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict

from .old_answers import Plan


class State(StrEnum):
    """How far it is."""

    UPLOADING = "uploading"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import. `parts` were sent, `next_part` is read next, `rest` is the begun row before it; `row` counts as spreadsheets do.

    A dry run changes nothing and says what it would.
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
    dry_run: bool = False
    next_part: int = 0
    rest: bytes = b""
    row: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    by: str
    created_at: datetime
    started_at: datetime | None = None
    changed_at: datetime


def started(import_: Import, plan: Plan, *, dry_run: bool, now: datetime) -> Import:
    """Let it run; a dry run may be followed by the real one. Raises `Conflict` where it has been or is running."""
    again = import_.state is State.DONE and import_.dry_run
    if import_.state is not State.UPLOADING and not again:
        code, reason = "import-started", "This import has been started already."
        raise Conflict(code, reason)
    if not import_.parts:
        code, reason = "import-empty", "Nothing was uploaded."
        raise Conflict(code, reason)
    fresh = replace(import_, next_part=0, rest=b"", row=0, created=0, changed=0, unchanged=0, refused=0)
    return replace(fresh, state=State.RUNNING, plan=plan, dry_run=dry_run, started_at=now, changed_at=now)


def ended(import_: Import, state: State, now: datetime, reason: str | None = None) -> Import:
    """No row more; what was imported stays. Raises `Conflict` where it has ended."""
    if import_.state not in {State.UPLOADING, State.RUNNING}:
        code, reason = "import-ended", "This import has ended already."
        raise Conflict(code, reason)
    return replace(import_, state=state, reason=reason, rest=b"", changed_at=now)
