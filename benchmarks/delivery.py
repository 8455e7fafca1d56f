"""Survey mails a second out of outbox with all its guarantees, beside a loop without any and beside the sink itself.

All records are due at one moment, when the senders are connected; it is over when each has its result stored.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from sounding_contracts import topics

from benchmarks import machine, sink
from benchmarks.processes import Memory, running, say, service, settings
from benchmarks.report import Report
from benchmarks.surveys import BRAND, CAMPAIGN, KEY, made
from chassis import freshness
from chassis import topics as topic_commands
from chassis.clock import now
from deploy.local import resolve
from deploy.local.ports import free_port
from services.outbox import store
from services.outbox.main import build
from services.outbox.settings import Settings
from tests.deployment import Deployment

CONNECTIONS = 50
PATIENCE_SECONDS, SLOWEST_PER_SECOND = 900.0, 50
TARGETS = {"vs_bare_loop_1p": 0.4, "vs_bare_loop_2p": 0.7}
TOPICS = (topics.OUTBOX_DISPATCHES, topics.OUTBOX_DELIVERABILITY)
"""What a sender looks back on before it sends."""
TICKS = os.sysconf("SC_CLK_TCK")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])


async def run(*, mails: int, processes: list[int]) -> Report:
    """The sink, the bare loop, then outbox with so many processes, each into the same sink."""
    port = free_port()
    kind, argv = sink.command(port)
    results: dict[str, Any] = {"mails": mails, "sink": kind, "connections_a_process": CONNECTIONS}
    with resolve.infrastructure(None, report=say) as at:
        async with running(argv, {}):
            await asyncio.sleep(1)
            results["sink_limit"] = await _bare(port, mails, ready=True)
            results["bare_loop"] = await _bare(port, mails, ready=False)
            for count in processes:
                results[f"outbox_{count}p"] = await _outbox(at.kafka, at.mongodb, port, mails, count)
                say(f"{count} processes: {results[f'outbox_{count}p']}")
            # A shared machine is not as fast at the end as it was at the beginning.
            results["bare_loop"] = _mean(results["bare_loop"], await _bare(port, mails, ready=False))
    bare = results["bare_loop"]["per_second"]
    ratios = {f"vs_bare_loop_{n}p": round(results[f"outbox_{n}p"]["per_second"] / bare, 3) for n in processes}
    return Report(results, ratios, TARGETS)


async def _bare(port: int, mails: int, *, ready: bool) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.bare_sender", str(port), str(mails), str(CONNECTIONS), str(int(ready))),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found = json.loads(out)
    return _figures(mails, found["seconds"], found["cpu"])


async def _outbox(kafka: str, mongodb: str, port: int, mails: int, count: int) -> dict[str, Any]:
    prefix = f"bench{secrets.token_hex(3)}"
    environment = settings(kafka, mongodb, prefix, SOUNDING_SIGNING_KEYS=json.dumps([KEY]))
    environment |= {"SOUNDING_OUTBOX_SMTP_PORT": str(port), "SOUNDING_OUTBOX_WORKERS": str(CONNECTIONS)}
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongodb, tz_aware=True)
    rows = client[f"{prefix}_outbox"]
    deployment = Deployment(kafka, mongodb, f"{prefix}-", f"{prefix}_")
    try:
        await prepare(deployment, rows, mails)
        memory, load = Memory(), machine.load()
        async with AsyncExitStack() as stack:
            argv = service("outbox", "jobs:send")
            started = [
                await stack.enter_async_context(running(argv, environment, None if n else memory)) for n in range(count)
            ]
            await asyncio.sleep(5 + 2 * count)
            due = now() + timedelta(seconds=2 + mails / 5_000)
            await rows[store.DISPATCHES].update_many({}, {"$set": {"next_try_at": due}})
            await asyncio.sleep(max(0.0, (due - now()).total_seconds()))
            began, cpu = time.perf_counter(), sum(cpu_of(one.pid) for one in started)
            await finished(rows, mails)
            ended = time.perf_counter()
            figures: dict[str, Any] = _figures(mails, ended - began, sum(cpu_of(one.pid) for one in started) - cpu)
            figures["memory"] = memory.report(began, ended)
        states = await rows[store.DISPATCHES].aggregate([{"$sortByCount": "$state"}]).to_list(None)
        return {**figures, "states": {one["_id"]: one["count"] for one in states}, "load": load}
    finally:
        await client.drop_database(f"{prefix}_outbox")
        client.close()
        await topic_commands.delete(deployment.settings, TOPICS)


async def prepare(deployment: Deployment, rows: Any, mails: int) -> None:
    """Topics, collections, and so many records that are due tomorrow."""
    outbox = build(Settings(chassis=deployment.settings))
    await outbox.prepare()
    await deployment.make(*TOPICS)
    later = now() + timedelta(days=1)
    await freshness.Notes(outbox.database, store.CUSTOMERS).note(later, {0: 0}, {0: 0}, 1)
    outbox.database.close()
    await rows[store.BRANDS].insert_one(store.brands.write(BRAND))
    await rows[store.CAMPAIGNS].insert_one({**store.campaigns.write(CAMPAIGN), "seq": 1})
    for first in range(0, mails, 5_000):
        some = [made(number) for number in range(first, min(first + 5_000, mails))]
        people = [{**store.recipients.write(person), "seq": 1} for _, person, *_ in some]
        await rows[store.RECIPIENTS].insert_many(people)
        await rows[store.DISPATCHES].insert_many(
            [{**store.dispatches.write(dispatch), "seq": 1, "next_try_at": later} for dispatch, *_ in some]
        )


async def finished(rows: Any, mails: int) -> None:
    """Return once nothing of so many waits, or is under way, any more."""
    deadline = time.monotonic() + max(PATIENCE_SECONDS, mails / SLOWEST_PER_SECOND)
    while await rows[store.DISPATCHES].find_one({"phase": {"$in": ["queued", "claimed", "committed"]}}, {"_id": 1}):
        if time.monotonic() > deadline:
            raise TimeoutError("not all was sent in time")
        await asyncio.sleep(0.1)


def cpu_of(pid: int) -> float:
    """Processor seconds of a process."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICKS


def _mean(first: dict[str, float], second: dict[str, float]) -> dict[str, float]:
    """Of two measurements of the same number of mails."""
    per_second = round(2 / (1 / first["per_second"] + 1 / second["per_second"]))
    cpu = (first["cpu_s_per_1000"] + second["cpu_s_per_1000"]) / 2
    return {"per_second": per_second, "cpu_s_per_1000": round(cpu, 3)}


def _figures(mails: int, seconds: float, cpu: float) -> dict[str, float]:
    return {"per_second": round(mails / seconds), "cpu_s_per_1000": round(1000 * cpu / mails, 3)}
