"""What changed, for pages that are open: names of things, never what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

KEPT = timedelta(hours=1)
LISTED = 100
"""So many changes at once are told one by one; more are told as "many"."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something is new: of which stream, of which customer where it is about one."""

    stream: str
    id: str
    customer_id: str | None
    seq: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page shows; empty: everything."""

    customers: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()

    def takes(self, change: Change) -> bool:
        """Whether a page wants to know."""
        if self.streams and change.stream not in self.streams:
            return False
        return not self.customers or change.customer_id in self.customers


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent: changes one by one, and streams in which there were too many."""

    changes: tuple[Change, ...]
    many: tuple[str, ...]


def told(changes: Sequence[Change], wanted: Wanted) -> Told | None:
    """What a page hears of these changes; None: nothing. Of one thing only its latest."""
    latest = {(one.stream, one.id): one for one in changes if wanted.takes(one)}
    if not latest:
        return None
    by_stream: dict[str, list[Change]] = {}
    for one in latest.values():
        by_stream.setdefault(one.stream, []).append(one)
    few = [one for found in by_stream.values() if len(found) <= LISTED for one in found]
    return Told(tuple(few), tuple(sorted(name for name, found in by_stream.items() if len(found) > LISTED)))
