"""Senders that join, leave and die while mails go out: 1, 2 and 4 processes, each mail once, and how many a second each.

All records are due from the start; each phase has its share of the mails, and a sink writes down whom each was for.
"""

import argparse
import asyncio
import json
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from benchmarks import machine
from benchmarks.delivery import CONNECTIONS, PATIENCE_SECONDS, TOPICS, finished, prepare
from benchmarks.processes import running, say, service, settings
from benchmarks.report import Report
from benchmarks.surveys import KEY
from chassis import topics
from chassis.clock import now
from deploy.local import resolve
from deploy.local.ports import free_port
from services.outbox import store
from tests.deployment import Deployment

JOIN, LEAVE, DIE = "join", "leave", "die"
PHASES: tuple[tuple[str, ...], ...] = (
    (JOIN,),
    (JOIN,),
    (JOIN, JOIN),
    (LEAVE,),
    (DIE,),
    (JOIN, JOIN),
)
"""1, 2, 4, then 3 after a SIGTERM, 2 after a kill -9, and 4 again."""
PATIENCE = {"SOUNDING_OUTBOX_CLAIM_SECONDS": "20", "SOUNDING_OUTBOX_UNKNOWN_AFTER_SECONDS": "45"}
"""What a dead process had in hand is settled while one waits for it."""
TARGETS = {"doubles": 0, "losses": 0}
Arrivals = list[tuple[float, str]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--mails", type=int, default=60_000)
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="of each process")


async def run(*, mails: int, connections: int) -> Report:
    """All phases, then what became of each mail."""
    with resolve.infrastructure(None, report=say) as at, tempfile.TemporaryDirectory() as folder:
        crew = Crew(at.kafka, at.mongodb, connections, Path(folder) / "arrivals.txt")
        sink = [sys.executable, "-m", "benchmarks.sink", str(crew.port), str(crew.arrivals)]
        async with running(sink, {}):
            results = await crew.work(mails)
    results = {"mails": mails, "connections_a_process": connections, **results}
    return Report(results, {name: results[name] for name in TARGETS}, dict(TARGETS))


class Crew:
    """Senders of one deployment."""

    def __init__(self, kafka: str, mongodb: str, connections: int, arrivals: Path) -> None:
        self.port, self.arrivals = free_port(), arrivals
        prefix = f"bench{secrets.token_hex(3)}"
        self._database, self._mongodb = f"{prefix}_outbox", mongodb
        self._deployment = Deployment(kafka, mongodb, f"{prefix}-", f"{prefix}_")
        self._environment = settings(kafka, mongodb, prefix, SOUNDING_SIGNING_KEYS=json.dumps([KEY]), **PATIENCE)
        self._environment |= {"SOUNDING_OUTBOX_SMTP_PORT": str(self.port)}
        self._environment |= {"SOUNDING_OUTBOX_WORKERS": str(connections)}
        self._senders: list[subprocess.Popen[bytes]] = []
        self._stack = AsyncExitStack()

    async def work(self, mails: int) -> dict[str, Any]:
        """Send so many; the rate of each phase, and what became of each mail."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self._mongodb, tz_aware=True)
        rows = client[self._database]
        try:
            await prepare(self._deployment, rows, mails)
            await rows[store.DISPATCHES].update_many({}, {"$set": {"next_try_at": now()}})
            phases = []
            async with self._stack:
                await self._stack.enter_async_context(running(service("outbox", "jobs:sweep"), self._environment))
                for number, happens in enumerate(PHASES, 1):
                    phases.append(await self._phase(happens, number * mails // (len(PHASES) + 1)))
                    say(str(phases[-1]))
                await finished(rows, mails)
            states = {row["_id"]: row["state"] async for row in rows[store.DISPATCHES].find({}, {"state": 1})}
        finally:
            await client.drop_database(self._database)
            client.close()
            await topics.delete(self._deployment.settings, TOPICS)
        return {"phases": phases, **fates(self._arrived(), states), "load": machine.load()}

    async def _phase(self, happens: Sequence[str], until: int) -> dict[str, Any]:
        """What happens at its beginning, and the rate over its latter half, when all that joined are at work."""
        for one in happens:
            await self._happen(one)
        first = len(self._arrived())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(arrived := self._arrived()) < until:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(arrived)} of {until} mails arrived in time")
            await asyncio.sleep(0.3)
        latter = [at for at, _ in arrived[(first + len(arrived)) // 2 :]]
        rate = (len(latter) - 1) / max(latter[-1] - latter[0], 0.001)
        count = len(self._senders)
        return {"happens": list(happens), "processes": count, "per_second": round(rate), "each": round(rate / count)}

    async def _happen(self, what: str) -> None:
        if what == JOIN:
            argv = service("outbox", "jobs:send")
            self._senders.append(await self._stack.enter_async_context(running(argv, self._environment, may_end=True)))
            return
        sender = self._senders.pop(0)
        sender.send_signal(signal.SIGTERM if what == LEAVE else signal.SIGKILL)
        await asyncio.to_thread(sender.wait, 60)

    def _arrived(self) -> Arrivals:
        if not self.arrivals.exists():
            return []
        # The last line may be half written.
        lines = self.arrivals.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
        return [(float(at), address) for at, _, address in (line.partition(" ") for line in lines)]


def fates(arrived: Arrivals, states: dict[str, str]) -> dict[str, Any]:
    """What became of each mail: `unknown` may have arrived or not, and says so; all others are known for sure."""
    times = Counter(int(address.partition("@")[0].removeprefix("c")) for _, address in arrived)
    numbers = {int(id_, 16): state for id_, state in states.items()}
    doubles = sum(count - 1 for count in times.values())
    lost = [
        number for number, state in numbers.items() if state != "unknown" and not (state == "sent" and times[number])
    ]
    return {"states": dict(Counter(states.values())), "arrived": len(times), "doubles": doubles, "losses": len(lost)}
