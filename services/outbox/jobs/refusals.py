"""Sees that nothing goes on to a destination that refuses what we send, in any process."""

import time
from collections import Counter
from datetime import timedelta
from functools import partial

from chassis import clock
from chassis.mongo import Database
from services.outbox import commands, store
from services.outbox.domain.refusals import WINDOW, Bound
from services.outbox.jobs.looking import EachSecond

MOST = 10_000
CLOSED = timedelta(minutes=1)
"""After which a mail to a closed destination is looked at again."""


class Refusals:
    """Counts in memory; writes, once a second, for those destinations alone that have refused something."""

    def __init__(self, database: Database, bound: Bound) -> None:
        self._database, self._bound = database, bound
        self._each_second = EachSecond(self._look)
        self._counted_since = time.monotonic()
        self._sent: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._known: set[str] = set()
        self._closed: set[str] = set()

    def closed(self, *destinations: str) -> bool:
        """Whether one of these takes nothing now."""
        return not self._closed.isdisjoint(destinations)

    def note(self, destination: str, *, refused: bool) -> None:
        """A mail went out there, or was refused by policy."""
        (self._refused if refused else self._sent)[destination] += 1

    async def look(self) -> None:
        """Once a second: tell what was counted, and see what all processes have. The first look is waited for by all."""
        await self._each_second()

    async def _look(self) -> None:
        for one in set(self._refused) | (self._known & self._sent.keys()):
            sent, refused = self._sent.pop(one, 0), self._refused.pop(one, 0)
            tell = partial(commands.note_refusals, sent=sent, refused=refused, bound=self._bound)
            await self._database.transact(partial(tell, destination=one))
        found, now = await store.refusing(self._database), clock.now()
        self._known, self._closed = {one.id for one in found}, {one.id for one in found if one.closed(now)}
        if len(self._sent) > MOST or time.monotonic() - self._counted_since > WINDOW.total_seconds():
            self._sent.clear()
            self._counted_since = time.monotonic()
