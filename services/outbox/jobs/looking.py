"""A look at what all processes share, taken once a second however many ask for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

LOOK_SECONDS = 1.0


class EachSecond:
    """Looks where the last look is old: the first one is waited for by all, a later one by whoever takes it."""

    def __init__(self, look: Callable[[], Awaitable[None]]) -> None:
        self._look = look
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None

    async def __call__(self) -> None:
        """Look, or wait for the first look."""
        if self._looked_at is not None and (self._looking.locked() or not self._is_old()):
            return
        async with self._looking:
            if self._is_old():
                await self._look()
                self._looked_at = time.monotonic()

    def forget(self) -> None:
        """The next who asks looks."""
        self._looked_at = None

    def _is_old(self) -> bool:
        return self._looked_at is None or time.monotonic() - self._looked_at > LOOK_SECONDS
