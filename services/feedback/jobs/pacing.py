"""Serve each at its own pace: one that is slow holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, NoReturn

Due = Callable[[], Awaitable[Iterable[str]]]
Serve = Callable[[str], Coroutine[Any, Any, None]]


async def each_at_its_pace(due: Due, serve: Serve, poll_seconds: float) -> NoReturn:
    """Look again and again for those with something to do, and serve each that is not being served; until cancelled."""
    at_work: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            for id_ in await due():
                if id_ not in at_work or at_work[id_].done():
                    at_work[id_] = asyncio.create_task(serve(id_))
            await asyncio.sleep(poll_seconds)
    finally:
        for task in at_work.values():
            task.cancel()
        await asyncio.gather(*at_work.values(), return_exceptions=True)
