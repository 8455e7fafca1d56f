"""Let the store work while the next is made ready."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Self


class Behind:
    """One thing at a time goes on by itself: a transaction can do no two at once.

    When the block ends nothing goes on any more, also where it ends with an error.
    """

    def __init__(self) -> None:
        self._going_on: asyncio.Future[object] | None = None

    async def begin(self, work: Awaitable[object]) -> None:
        """Let it go on by itself."""
        await self.done()
        self._going_on = asyncio.ensure_future(work)
        # A coroutine starts when it gets its turn.
        await asyncio.sleep(0)

    async def done(self) -> None:
        """Return when what was begun has ended. Raises what it raises."""
        going_on, self._going_on = self._going_on, None
        if going_on is not None:
            await going_on

    async def __aenter__(self) -> Self:
        """Nothing goes on yet."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Wait; where the block failed its own error is what counts."""
        if kind is None:
            await self.done()
        elif self._going_on is not None:
            await asyncio.gather(self._going_on, return_exceptions=True)
