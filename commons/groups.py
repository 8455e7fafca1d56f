"""Group commit: what is asked while the same work is done for others, or within a moment, is done in one go."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]


class Group(Generic[Item, Result]):
    """Does `work` for many at once: at most `most` in one go, so many goes at a time.

    Who comes while all goes are under way shares the next one; with `linger`, in seconds, each waits so long for
    company. Nobody has a result before the work for it is done. What fails for many is done again for each alone, where
    `alone` says so of the error: what keeps all of them from being done would be waited for once more by each.
    """

    def __init__(
        self,
        work: Work[Item, Result],
        *,
        most: int = 100,
        at_once: int = 2,
        linger: float = 0.0,
        alone: Callable[[Exception], bool] = lambda _: True,
    ) -> None:
        self._work, self._most, self._at_once, self._linger, self._alone = work, most, at_once, linger, alone
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def add(self, item: Item) -> "asyncio.Future[Result]":
        """Its result, once it is there, or what the work raised."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._running) < self._at_once:
            self._running.add(asyncio.create_task(self._run()))
        return future

    async def drained(self) -> None:
        """Until nothing is left to do."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def _run(self) -> None:
        while self._waiting:
            if self._linger and len(self._waiting) < self._most:
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
            if len(batch) > 1 and self._alone(error):
                await asyncio.gather(*(self._do([one]) for one in batch))
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
