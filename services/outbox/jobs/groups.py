"""Group commit: what is asked within the same few milliseconds is done in one go; where that fails, each alone."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

LINGER_SECONDS = 0.002
Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]


class CrowdedError(Exception):
    """Together it does not work out at once; each alone may."""


class Group(Generic[Item, Result]):
    """Does `work` for many at once: at most `most` in one go, so many goes at a time."""

    def __init__(
        self, work: Work[Item, Result], *, most: int = 100, at_once: int = 2, linger: float = LINGER_SECONDS
    ) -> None:
        self._work, self._most, self._at_once, self._linger = work, most, at_once, linger
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def add(self, item: Item) -> "asyncio.Future[Result]":
        """Its result, once it is there."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._running) < self._at_once:
            self._running.add(asyncio.create_task(self._run()))
        return future

    @property
    def unfinished(self) -> int:
        """How many wait to be begun."""
        return len(self._waiting)

    async def drained(self) -> None:
        """Until nothing is left to do."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def _run(self) -> None:
        while self._waiting:
            if len(self._waiting) < self._most:
                await asyncio.sleep(self._linger)
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            if batch:
                await self._do(batch)
        # In the same step in which nothing waits: who comes before a callback said so would wait for ever.
        if task := asyncio.current_task():
            self._running.discard(task)

    async def _do(self, batch: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is whoever's asked
            if len(batch) == 1:
                _fail(batch[0][1], error)
            else:
                await asyncio.gather(*(self._do([one]) for one in batch))
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)


def _fail(future: "asyncio.Future[Result]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
