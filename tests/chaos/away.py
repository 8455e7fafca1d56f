"""The broker is away for minutes: nobody who asks may notice, and when it is back all that waited must come.

`python -m tests.chaos --broker-away 300`: in place of faults at random. People answer, edit and say no while it is away.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import httpx
from motor.motor_asyncio import AsyncIOMotorClient

from tests.chaos.world import SERVICES, World

BEFORE_SECONDS, AFTER_SECONDS = 20.0, 15.0
"""Of load with a broker, on each side."""


class Away:
    """Kills the broker, looks at the services every second, and starts it again."""

    def __init__(self, world: World, seconds: float, say: Callable[[str], None]) -> None:
        self._world, self._say, self.seconds = world, say, seconds
        self.gone = asyncio.Event()
        self.wrong: list[str] = []
        self.back_at = 0.0
        self.done_meanwhile = Counter[str]()

    async def pass_by(self) -> None:
        """All of it."""
        await asyncio.sleep(BEFORE_SECONDS)
        await asyncio.to_thread(self._world.kafka.kill)
        self._say("the broker is away")
        self.gone.set()
        over = time.monotonic() + self.seconds
        while time.monotonic() < over:
            await self._look()
            await asyncio.sleep(1)
        self._say(f"it comes back; meanwhile {dict(self.done_meanwhile)}, and events wait: {await self._waiting()}")
        self.gone.clear()
        await asyncio.to_thread(self._world.kafka.start)
        await asyncio.to_thread(self._world.kafka.wait_ready)
        self.back_at = time.monotonic()
        await asyncio.sleep(AFTER_SECONDS)

    def did(self, what: str) -> None:
        """Somebody was answered."""
        if self.gone.is_set():
            self.done_meanwhile[what] += 1

    async def _look(self) -> None:
        """Every process runs, and would be sent requests."""
        for name, process in self._world.services.items():
            if not process.alive:
                self._note(f"{name} ended while the broker was away")
        for service in SERVICES:
            for which in ("live", "ready"):
                try:
                    answer = await self._world.client.get(f"{self._world.url(service)}/health/{which}")
                except httpx.HTTPError as error:
                    self._note(f"{service} did not say whether it is {which}: {type(error).__name__}")
                    continue
                if not answer.is_success:
                    self._note(f"{service} was not {which} while the broker was away: {answer.text[:200]}")

    def _note(self, fault: str) -> None:
        """Each once, with what was said the first time."""
        if not any(known.startswith(fault.split(":", maxsplit=1)[0]) for known in self.wrong):
            self._say(f"WRONG  {fault}")
            self.wrong.append(fault)

    async def _waiting(self) -> dict[str, int]:
        client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(self._world.mongod.address)
        try:
            return {name: await client[name]["_pending"].count_documents({}) for name in SERVICES}
        finally:
            client.close()
