"""Group commit: what is asked while the same work is being done for others is done in one go with the rest."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from chassis.mongo import is_passing

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]


class Group(Generic[Item, Result]):
    """Does `work` for many at once: at most `most` in one go, so many goes at a time.

    Who comes first is served at once; who comes while all goes are under way shares the next one. Nobody has a result
    before the work for it is done. What fails for what one of them is, is done again for each alone.
    """

    def __init__(self, work: Work[Item, Result], *, most: int = 100, at_once: int = 2) -> None:
        self._work, self._most, self._at_once = work, most, at_once
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def add(self, item: Item) -> Result:
        """Its result. Raises what the work raises."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._running) < self._at_once:
            self._running.add(asyncio.create_task(self._run()))
        return await future

    async def _run(self) -> None:
        while self._waiting:
            await self._do([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
        # In the same step in which nothing waits: who comes before a callback said so would wait for ever.
        if task := asyncio.current_task():
            self._running.discard(task)

    async def _do(self, batch: Sequence[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is whoever's asked
            # What keeps all of them from being stored would be waited for once more by each.
            if len(batch) > 1 and not is_passing(error):
                await asyncio.gather(*(self._do([one]) for one in batch))
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
