"""Whether anything may be sent at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """Set or let go: when, by whom and why."""

    id: str
    paused: bool
    at: datetime
    actor: str
    note: str | None = None


def stale(age: timedelta | None, bound: timedelta) -> bool:
    """Whether news of customers is too old to send by; also where there never was any, or not of all."""
    return age is None or age > bound
