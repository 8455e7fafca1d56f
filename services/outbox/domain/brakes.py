"""Whether anything may be sent at all."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """Set or let go: when, by whom and why. `frozen`: set since the database is older than what was sent."""

    id: str
    paused: bool
    at: datetime
    actor: str
    note: str | None = None
    frozen: bool = False


def stale(age: timedelta | None, bound: timedelta) -> bool:
    """Whether news of customers is too old to send by; also where there never was any, or not of all."""
    return age is None or age > bound


@dataclass(frozen=True, slots=True)
class Limit:
    """How large a share of mails may be complained of; below so many mails chance decides, and nobody is stopped."""

    share: float
    least_mails: int


def too_many_complaints(complaints: int, mails: int, limit: Limit) -> str | None:
    """Why sending must stop; None while it need not."""
    if mails < limit.least_mails or complaints <= limit.share * mails:
        return None
    return f"{complaints} complaints about {mails} mails since yesterday ({complaints / mails:.2%}), more than {limit.share:.2%}"


def counting_since(now: datetime, latest: Brake | None) -> tuple[datetime, datetime]:
    """From when mails count, the beginning of yesterday (UTC); and complaints: those before a resumption were looked at."""
    yesterday = (now.astimezone(UTC) - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return yesterday, yesterday if latest is None else max(yesterday, latest.at)
