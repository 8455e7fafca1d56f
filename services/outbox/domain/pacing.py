"""How fast mails may go to a destination that has asked to be spared: slower at once, faster again bit by bit."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEAST_RATE = 0.01
GROWTH_A_MINUTE = 1.1
ONE_AND_THE_SAME = timedelta(seconds=30)
"""Refusals within this time answer what went out before the first of them was heard."""
CLOSING = 421
_POLICY = re.compile(r"4\.7\.\d{1,3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Mails a second to a domain, and how many may go now."""

    id: str
    rate: float
    tokens: float
    at: datetime
    slowed_at: datetime


def destination(address: str) -> str:
    """What is paced: the domain of an address."""
    return address.rpartition("@")[2].lower()


def asks_for_less(code: int, text: str) -> bool:
    """Whether a reply says: not so fast."""
    return code == CLOSING or (400 <= code < 500 and _POLICY.match(text) is not None)  # noqa: PLR2004 - transient


def slowed(pace: Pace | None, id_: str, now: datetime, full: float) -> Pace:
    """Half as fast; where there was no limit, half of what counts as full speed."""
    if pace is None:
        return Pace(id=id_, rate=max(LEAST_RATE, full / 2), tokens=0, at=now, slowed_at=now)
    if now - pace.slowed_at < ONE_AND_THE_SAME:
        return pace
    grown = _grown(pace, now)
    rate = max(LEAST_RATE, grown.rate / 2)
    return replace(grown, rate=rate, tokens=min(grown.tokens, _most(rate)), slowed_at=now)


def taken(pace: Pace, now: datetime, wanted: int, full: float) -> tuple[Pace | None, int]:
    """How many mails may go now; no pace where it is at full speed again, and without a limit."""
    grown = _grown(pace, now)
    if grown.rate >= full:
        return None, wanted
    granted = min(wanted, int(grown.tokens))
    return replace(grown, tokens=grown.tokens - granted), granted


def _grown(pace: Pace, now: datetime) -> Pace:
    seconds = max(0.0, (now - pace.at).total_seconds())
    rate = pace.rate * GROWTH_A_MINUTE ** min(seconds / 60, 1000)
    tokens = min(_most(pace.rate), pace.tokens + pace.rate * seconds)
    return replace(pace, rate=rate, tokens=tokens, at=max(now, pace.at))


def _most(rate: float) -> float:
    """Never more than a second's worth at once, but one."""
    return max(1.0, rate)
