"""Sync events a second into profile, beside a loop without guarantees and beside Kafka Connect's MongoDB sink.

All events are written in one Kafka transaction that is committed when the readers are ready and settled: so each
way of reading finds all of them at once, and nothing of starting up is counted.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from pymongo import UpdateOne, WriteConcern
from sounding_contracts import topics

from benchmarks import machine
from benchmarks.connect import sink
from benchmarks.events import Load, Place, check, published, somewhere
from benchmarks.groups import read_to_the_end, settled, until
from benchmarks.processes import Memory, running, say, service, settings
from benchmarks.report import Report
from deploy.local import resolve

BATCH = 2000
WAYS = ("bare_loop_1p", "profile_1p", "connect_sink", "profile_2p")
RATIOS = {
    "vs_bare_loop_1p": ("profile_1p", "bare_loop_1p"),
    "vs_connect_sink_2p": ("profile_2p", "connect_sink"),
}
TARGETS = {"vs_bare_loop_1p": 0.5, "vs_connect_sink_2p": 1.0}

Measured = dict[str, Any]
Way = Callable[[Place], Awaitable[Measured]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=2, help="each way is measured so often, in turns; medians count")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="only these")


async def run(*, events: int, customers: int, rounds: int, ways: Sequence[str] = WAYS) -> Report:
    """Measure each way in turns, and compare the medians."""
    load = Load.of(events, customers)
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder, resolve.infrastructure(None, report=say) as at:
        all_ways = _ways(load, Path(folder))
        for number in range(rounds):
            for name in ways:
                busy = machine.load()
                async with somewhere(at.kafka, at.mongodb) as place:
                    measured = await all_ways[name](place)
                found[name].append({**measured, "load": busy})
                say(f"{name}, {number + 1} of {rounds}: {measured['per_second']:,} events/s (load {busy})")
    return _report({"events": events, "customers": customers, "rounds": rounds}, found)


def _ways(load: Load, folder: Path) -> dict[str, Way]:
    return {
        "bare_loop_1p": lambda place: _bare_loop(place, load),
        "profile_1p": lambda place: _profile(place, load, processes=1),
        "connect_sink": lambda place: _connect(place, load, folder),
        "profile_2p": lambda place: _profile(place, load, processes=2),
    }


def _report(size: dict[str, int], found: dict[str, list[Measured]]) -> Report:
    median = {name: statistics.median(one["per_second"] for one in rounds) for name, rounds in found.items()}
    ratios = {
        name: round(median[ours] / median[theirs], 3)
        for name, (ours, theirs) in RATIOS.items()
        if ours in median and theirs in median
    }
    results = {**size, "per_second": {name: round(rate) for name, rate in median.items()}, "each_round": found}
    return Report(results, ratios, TARGETS)


async def _bare_loop(place: Place, load: Load) -> Measured:
    """No inbox, no transaction, no event out, no validation, no history: read, upsert by key, commit."""
    async with published(place, load) as commit:
        consumer = AIOKafkaConsumer(
            place.topic,
            bootstrap_servers=place.kafka,
            group_id=place.prefix,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            enable_auto_commit=False,
        )
        await consumer.start()
        rows = place.database.get_collection("bare", write_concern=WriteConcern("majority", j=True))
        began, done = commit(), 0
        while done < len(load.records):
            batches = (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values()
            events = [json.loads(record.value) for batch in batches for record in batch]
            if events:
                await rows.bulk_write([_upsert(event) for event in events], ordered=False)
                await consumer.commit()
                done += len(events)
        ended = time.perf_counter()
        await consumer.stop()
    return _rate(load, began, ended)


def _upsert(event: dict[str, Any]) -> UpdateOne:
    return UpdateOne({"_id": event["subject"]}, {"$set": event["data"]}, upsert=True)


async def _profile(place: Place, load: Load, *, processes: int) -> Measured:
    """The service as it is deployed, all roles in each process. What it stored and told is checked to the last event."""
    environment = settings(place.kafka, place.mongodb, place.prefix)
    memories = [Memory() for _ in range(processes)]
    syncs, finding = f"{place.prefix}-profile.syncs", f"{place.prefix}-profile.finding"
    async with published(place, load) as commit, AsyncExitStack() as stack:
        for memory in memories:
            await stack.enter_async_context(running(service("profile"), environment, memory))
        for group in (syncs, finding):
            await settled(place.kafka, group, members=processes)
        began = commit()
        stored = await read_to_the_end(place.kafka, place.topic, topics.INTEGRATIONS_CUSTOMERS.partitions, syncs)
        told = await until(lambda: _is_empty(place), "not all was published")
        found = await read_to_the_end(place.kafka, place.told, topics.PROFILE_CUSTOMERS.partitions, finding)
        await check(place, load)
    return {
        **_rate(load, began, stored),
        "until_published_per_second": round(len(load.records) / (told - began)),
        "until_searchable_per_second": round(len(load.records) / (found - began)),
        "exact": True,
        "memory": [memory.report(began, found) for memory in memories],
    }


async def _is_empty(place: Place) -> bool:
    return await place.database["_pending"].find_one({}, {"_id": 1}) is None


async def _connect(place: Place, load: Load, folder: Path) -> Measured:
    """One worker with two tasks, as two processes of ours; counted by the server's own count of updates."""
    database = f"{place.prefix}_profile"
    where = folder / place.prefix
    async with (
        published(place, load) as commit,
        sink(where, kafka=place.kafka, mongodb=place.mongodb, topic=place.topic, database=database, tasks=2) as group,
    ):
        await settled(place.kafka, group, members=2)
        wanted = await _updates(place) + len(load.records)
        began = commit()
        ended = await until(lambda: _has_updated(place, wanted), "the sink has not stored all")
    return _rate(load, began, ended)


async def _has_updated(place: Place, wanted: int) -> bool:
    return await _updates(place) >= wanted


async def _updates(place: Place) -> int:
    status = await place.database.client.admin.command("serverStatus", metrics=0, repl=0)
    return int(status["opcounters"]["update"])


def _rate(load: Load, began: float, ended: float) -> Measured:
    return {"per_second": round(len(load.records) / (ended - began)), "seconds": round(ended - began, 2)}
