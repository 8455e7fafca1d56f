"""How fast mails may go to a destination that has asked to be spared: slower at once, faster again bit by bit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEAST_RATE = 0.01
GROWTH_A_MINUTE = 1.1
ONE_AND_THE_SAME = timedelta(seconds=30)
"""Refusals within this time answer what went out before the first of them was heard."""
HELD_FOR = timedelta(seconds=15)
"""A process says each second which connections it goes on using; those of one that died are free after this time."""
CLOSING = 421
_POLICY = re.compile(r"4\.7\.\d{1,3}\b")
_SHARED = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "gv", "mil", "ne", "net", "nom", "or", "org"})
"""What stands before the country in names that anyone may register below (`co.uk`, `com.br`)."""


@dataclass(frozen=True, slots=True)
class Full:
    """What counts as full speed: mails a second, and mails under way at once."""

    rate: float
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """How many mails a process may have under way there at once, until when it has to ask again."""

    holder: str
    count: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Mails a second to a destination, how many may go now, and who may have how many under way."""

    id: str
    rate: float
    tokens: float
    at: datetime
    slowed_at: datetime
    seats: tuple[Seats, ...] = ()


def destination(address: str, servers: Sequence[str] = ()) -> str:
    """What is paced: who runs the mail servers of an address (the first choice counts); its domain, where they are not known."""
    return _registered(servers[0]) if servers else address.rpartition("@")[2].lower()


def _registered(host: str) -> str:
    """The name that somebody has registered: close enough to pace by, without a list of all the world's suffixes."""
    labels = host.rstrip(".").lower().split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2  # noqa: PLR2004 - a country's
    return ".".join(labels[-3:] if country and labels[-2] in _SHARED else labels[-2:])


def asks_for_less(code: int, text: str) -> bool:
    """Whether a reply says: not so fast."""
    return code == CLOSING or (400 <= code < 500 and _POLICY.match(text) is not None)  # noqa: PLR2004 - transient


def slowed(pace: Pace | None, id_: str, now: datetime, full: Full) -> Pace:
    """Half as fast; where there was no limit, half of what counts as full speed."""
    if pace is None:
        return Pace(id=id_, rate=max(LEAST_RATE, full.rate / 2), tokens=0, at=now, slowed_at=now)
    if now - pace.slowed_at < ONE_AND_THE_SAME:
        return pace
    grown = _grown(pace, now)
    rate = max(LEAST_RATE, grown.rate / 2)
    return replace(grown, rate=rate, tokens=min(grown.tokens, _most(rate)), slowed_at=now)


def taken(pace: Pace, now: datetime, wanted: int, full: Full) -> tuple[Pace | None, int]:
    """How many mails may go now; no pace where it is at full speed again, and without a limit."""
    grown = _grown(pace, now)
    if grown.rate >= full.rate:
        return None, wanted
    granted = min(wanted, int(grown.tokens))
    return replace(grown, tokens=grown.tokens - granted), granted


def connections(pace: Pace, full: Full) -> int:
    """How many mails may be under way at once: as large a share of all as the rate is, and always one."""
    return max(1, int(full.connections * min(1.0, pace.rate / full.rate)))


def seated(pace: Pace, holder: str, wanted: int, now: datetime, full: Full) -> tuple[Pace, int]:
    """How many of them a process may have. Where there are fewer than were given out, each gives up its share as it asks again."""
    others = tuple(one for one in pace.seats if one.holder != holder and one.until > now)
    mine = sum(one.count for one in pace.seats if one.holder == holder and one.until > now)
    most, taken_by_others = connections(pace, full), sum(one.count for one in others)
    share = mine * most // max(most, mine + taken_by_others)
    granted = max(0, min(wanted, max(most - taken_by_others, share)))
    own = (Seats(holder=holder, count=granted, until=now + HELD_FOR),) if granted else ()
    return replace(pace, seats=(*others, *own)), granted


def under_way(pace: Pace, now: datetime) -> int:
    """How many connections are in use, or kept for use."""
    return sum(one.count for one in pace.seats if one.until > now)


def _grown(pace: Pace, now: datetime) -> Pace:
    seconds = max(0.0, (now - pace.at).total_seconds())
    rate = pace.rate * GROWTH_A_MINUTE ** min(seconds / 60, 1000)
    tokens = min(_most(pace.rate), pace.tokens + pace.rate * seconds)
    return replace(pace, rate=rate, tokens=tokens, at=max(now, pace.at))


def _most(rate: float) -> float:
    """Never more than a second's worth at once, but one."""
    return max(1.0, rate)
