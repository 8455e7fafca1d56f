"""Whether anything may be sent at all."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """Set or let go: when, by whom and why."""

    id: str
    paused: bool
    at: datetime
    actor: str
    note: str | None = None
