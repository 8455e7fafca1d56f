"""Sees that no process sends faster to a destination, or over more connections, than all of them together may."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from chassis.ids import new_id
from chassis.mongo import Database
from services.outbox import commands, store
from services.outbox.domain.pacing import Full
from services.outbox.jobs.looking import LOOK_SECONDS, EachSecond

BLOCK = 10


@dataclass(slots=True)
class _Hand:
    """What this process has of a spared destination, and the most that it had under way since it last said so."""

    tokens: int = 0
    seats: int = 0
    most: int = 0


class Pacer:
    """Has a share of each spared destination in hand, taken a little at a time; all others cost one look a second."""

    def __init__(self, database: Database, full: Callable[[str], Full]) -> None:
        self._database, self._full, self._holder = database, full, new_id()
        self._each_second = EachSecond(self._look)
        self._spared: set[str] = set()
        self._hands: dict[str, _Hand] = {}
        self._under_way: Counter[str] = Counter()
        self._empty_until: dict[str, float] = {}
        self._asking = asyncio.Lock()

    async def enter(self, *places: str) -> str | None:
        """Let a mail go on its way to all of these; or the one that takes no more just now. Whoever is let go must `leave`."""
        await self.look()
        for place in places:
            if not self._free(place):
                await self._ask(place)
        if (full := next((place for place in places if not self._free(place)), None)) is not None:
            return full
        for place in places:
            self._under_way[place] += 1
            if place in self._spared:
                hand = self._hands[place]
                hand.tokens, hand.most = hand.tokens - 1, max(hand.most, self._under_way[place])
        return None

    def leave(self, *places: str) -> None:
        """It is on its way no more."""
        for place in places:
            self._under_way[place] -= 1
            if not self._under_way[place]:
                del self._under_way[place]

    async def slow_down(self, place: str) -> None:
        """It has asked for less."""
        await self._database.transact(lambda tx: commands.slow_down(tx, place, self._full(place)))
        self._spared.add(place)
        self._hands.pop(place, None)

    async def look(self) -> None:
        """Once a second: which are spared, and what this process goes on using of them. The first look is waited for by all."""
        await self._each_second()

    async def _look(self) -> None:
        self._spared = await store.spared(self._database)
        for place in list(self._hands):
            if place in self._spared:
                await self._keep(place)
            else:
                del self._hands[place]

    def _free(self, place: str) -> bool:
        if place not in self._spared:
            return True
        hand = self._hands.get(place)
        return hand is not None and hand.tokens > 0 and hand.seats > self._under_way[place]

    async def _ask(self, place: str) -> None:
        """For one connection more, and for tokens where there are none left; one asks at a time."""
        async with self._asking:
            if self._free(place) or time.monotonic() < self._empty_until.get(place, 0.0):
                return
            hand = self._hands.setdefault(place, _Hand())
            await self._take(place, hand, 0 if hand.tokens else BLOCK, self._under_way[place] + 1)
            if not self._free(place):
                self._empty_until[place] = time.monotonic() + LOOK_SECONDS

    async def _keep(self, place: str) -> None:
        """Say what is in use still; the rest is for others."""
        async with self._asking:
            if (hand := self._hands.get(place)) is None:
                return
            wanted, hand.most = max(hand.most, self._under_way[place]), self._under_way[place]
            if wanted or hand.seats:
                await self._take(place, hand, 0, wanted)
            if not hand.seats and not hand.tokens:
                self._hands.pop(place, None)

    async def _take(self, place: str, hand: _Hand, tokens: int, seats: int) -> None:
        full = self._full(place)
        share = await self._database.transact(
            lambda tx: commands.take_share(tx, place, self._holder, tokens=tokens, seats=seats, full=full)
        )
        if share is None:
            self._spared.discard(place)
            return
        hand.tokens, hand.seats = hand.tokens + share.tokens, share.seats
