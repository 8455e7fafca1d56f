"""Sees that no process sends faster to a destination than all of them together may."""

import time

from chassis.mongo import Database
from services.outbox import commands, store

LOOK_SECONDS, BLOCK = 1.0, 10


class Pacer:
    """Has tokens in hand for spared destinations, taken a few at a time; all others cost one look a second."""

    def __init__(self, database: Database, full: float) -> None:
        self._database, self._full = database, full
        self._looked_at = 0.0
        self._spared: set[str] = set()
        self._tokens: dict[str, int] = {}
        self._empty_until: dict[str, float] = {}

    async def may(self, place: str) -> bool:
        """Whether a mail may go to this destination now; one of its tokens is spent."""
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._spared = await store.spared(self._database)
            self._tokens = {one: count for one, count in self._tokens.items() if one in self._spared}
        if place not in self._spared:
            return True
        if self._tokens.get(place, 0) < 1:
            await self._refill(place)
        if self._tokens.get(place, 0) < 1:
            return False
        self._tokens[place] -= 1
        return True

    async def slow_down(self, place: str) -> None:
        """It has asked for less."""
        await self._database.transact(lambda tx: commands.slow_down(tx, place, self._full))
        self._spared.add(place)
        self._tokens.pop(place, None)

    async def _refill(self, place: str) -> None:
        if time.monotonic() < self._empty_until.get(place, 0.0):
            return
        got = await self._database.transact(lambda tx: commands.take_tokens(tx, place, BLOCK, self._full))
        self._tokens[place] = self._tokens.get(place, 0) + got
        if not got:
            self._empty_until[place] = time.monotonic() + LOOK_SECONDS
