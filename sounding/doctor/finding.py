"""One thing that was looked at, and how far clocks may be apart."""

from dataclasses import dataclass
from datetime import datetime

MAX_APART_SECONDS = 5.0
"""Sending, leases and signed links bear more; logs and "older wins" get hard to read before that."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what helps where it is not."""

    what: str
    well: bool
    said: str
    do: str | None = None


def clock(what: str, theirs: datetime, before: datetime, after: datetime) -> Finding:
    """Their clock against ours, asked between two moments of ours."""
    apart = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    well = apart <= MAX_APART_SECONDS
    said = "the same as here" if apart < 1 else f"{apart:.0f} s apart from here"
    return Finding(f"clock of {what}", well, said, None if well else "Let all machines follow NTP (chrony, timesyncd).")
