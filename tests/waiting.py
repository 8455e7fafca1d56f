"""Waiting for what will be true soon, instead of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25
PATIENCE_SECONDS = 45.0
"""Long, since others use the machine too: only what never comes true waits for all of it."""


@overload
async def eventually(condition: Callable[[], Awaitable[T]], within: float = PATIENCE_SECONDS) -> T: ...
@overload
async def eventually(condition: Callable[[], T], within: float = PATIENCE_SECONDS) -> T: ...
async def eventually(condition: Callable[[], T | Awaitable[T]], within: float = PATIENCE_SECONDS) -> T:
    """What the condition returns, as soon as that is truthy.

    It may be a coroutine function. An AssertionError in it counts as "not yet". When the time
    is over, this fails with what was seen last.
    """
    deadline, pause = time.monotonic() + within, _FIRST_PAUSE
    while True:
        last: T | AssertionError
        try:
            result = condition()
            last = await result if inspect.isawaitable(result) else result
            if last:
                return last
        except AssertionError as failure:
            last = failure
        if time.monotonic() > deadline:
            message = f"Not so within {within:g} s; last seen: {last!r}"
            raise AssertionError(message) from (last if isinstance(last, AssertionError) else None)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
