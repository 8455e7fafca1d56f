"""Sync events a second into profile, beside a loop without guarantees and beside Kafka Connect's MongoDB sink.

All events are written in one Kafka transaction that is committed when the readers are ready and settled: so each
way of reading finds all of them at once, and nothing of starting up is counted.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from confluent_kafka import Producer
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from pymongo import UpdateOne, WriteConcern
from sounding_contracts import topics

from benchmarks.connect import sink
from benchmarks.processes import Memory, running, say, service, settings
from chassis import topics as topic_commands
from chassis.settings import ChassisSettings
from deploy.local import resolve

BATCH = 2000


@dataclass(frozen=True)
class Place:
    """Where one run happens: nothing else has its prefix."""

    kafka: str
    mongodb: str
    prefix: str

    @property
    def topic(self) -> str:
        """The topic of the sync events."""
        return f"{self.prefix}-{topics.INTEGRATIONS_CUSTOMERS.name}"

    @property
    def database(self) -> Any:
        """Profile's database, by a driver of our own."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.mongodb)
        return client[f"{self.prefix}_profile"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=2, help="each way is measured so often, in turns; medians count")


async def run(*, events: int, customers: int, rounds: int) -> dict[str, Any]:
    """Measure each way in turns, and compare the medians."""
    records = _records(events, customers)
    rates: dict[str, list[float]] = {}
    extra: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, resolve.infrastructure(None, report=say) as found:
        ways: dict[str, Callable[[Place], Awaitable[dict[str, Any]]]] = {
            "bare_loop_1p": lambda place: _bare_loop(place, records),
            "profile_1p": lambda place: _profile(place, records, customers, processes=1),
            "connect_sink": lambda place: _connect(place, records, Path(folder)),
            "profile_2p": lambda place: _profile(place, records, customers, processes=2),
        }
        for number in range(rounds):
            for name, way in ways.items():
                measured = await way(Place(found.kafka, found.mongodb, f"b{number}{name.replace('_', '')}"))
                rates.setdefault(name, []).append(measured.pop("rate"))
                extra[name] = measured
                say(f"{name}: {rates[name][-1]:,.0f} events/s")
    return _report(events, customers, {name: statistics.median(found) for name, found in rates.items()}, rates, extra)


def _report(
    events: int, customers: int, median: dict[str, float], rates: dict[str, list[float]], extra: dict[str, Any]
) -> dict[str, Any]:
    return {
        "events": events,
        "customers": customers,
        "per_second": {name: round(rate) for name, rate in median.items()},
        "each_round": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "details": extra,
        "ratios": {
            "vs_bare_loop_1p": round(median["profile_1p"] / median["bare_loop_1p"], 3),
            "vs_connect_sink_2p": round(median["profile_2p"] / median["connect_sink"], 3),
        },
        "targets": {"vs_bare_loop_1p": 0.5, "vs_connect_sink_2p": 1.0},
    }


def _records(events: int, customers: int) -> list[tuple[str, bytes]]:
    """Each customer at least once, the rest by chance; the same for every way and every run."""
    chance = random.Random(4711)
    whom = [*range(customers), *(chance.randrange(customers) for _ in range(events - customers))]
    chance.shuffle(whom)
    return [(f"c-{number}", _event(place, number)) for place, number in enumerate(whom)]


def _event(place: int, number: int) -> bytes:
    moment = f"2026-11-23T{place // 3_600_000 + 10:02d}:{place // 60_000 % 60:02d}:{place // 1000 % 60:02d}.{place % 1000:03d}Z"
    data = {
        "email": f"user{number}@company{number % 997}.example",
        "first_name": f"First{number % 1009}",
        "last_name": f"Last{place % 8009}",
        "company": f"Company {number % 997}",
        "city": "Wien",
        "country": "Austria",
        "tags": {"add": ["nps"]},
        "properties": {"plan": "pro", "seats": place % 50},
    }
    head = {"specversion": "1.0", "id": f"e{place}", "source": "crm", "type": "customer.sync", "subject": f"c-{number}"}
    return json.dumps({**head, "time": moment, "data": data}).encode()


@asynccontextmanager
async def _published(place: Place, records: Sequence[tuple[str, bytes]]) -> AsyncIterator[Callable[[], float]]:
    """All records in one open transaction; calling what is given commits it, and says when."""
    chassis = ChassisSettings(kafka=place.kafka, mongodb=SecretStr(place.mongodb), topic_prefix=f"{place.prefix}-")
    await topic_commands.create(chassis, topics.ALL, replicas=1)
    producer = Producer(
        {
            "bootstrap.servers": place.kafka,
            "transactional.id": place.prefix,
            "transaction.timeout.ms": 600_000,
            "linger.ms": 20,
            "queue.buffering.max.messages": 1_000_000,
            "partitioner": "murmur2_random",
        }
    )
    producer.init_transactions()
    producer.begin_transaction()
    for key, value in records:
        producer.produce(place.topic, key=key, value=value)
        producer.poll(0)
    await asyncio.to_thread(producer.flush)

    def commit() -> float:
        producer.commit_transaction()
        return time.perf_counter()

    yield commit


async def _bare_loop(place: Place, records: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """No inbox, no transaction, no outbox, no validation: read, fold the batch by key, upsert."""
    async with _published(place, records) as commit:
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
        while done < len(records):
            batches = (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values()
            found = [json.loads(record.value) for batch in batches for record in batch]
            if found:
                changes = [_upsert(event) for event in found]
                await rows.bulk_write(changes, ordered=False)
                await consumer.commit()
                done += len(found)
        rate = len(records) / (time.perf_counter() - began)
        await consumer.stop()
    return {"rate": rate}


def _upsert(event: dict[str, Any]) -> UpdateOne:
    return UpdateOne({"_id": event["subject"]}, {"$set": event["data"]}, upsert=True)


async def _profile(
    place: Place, records: Sequence[tuple[str, bytes]], customers: int, *, processes: int
) -> dict[str, Any]:
    environment = settings(place.kafka, place.mongodb, place.prefix)
    memories = [Memory() for _ in range(processes)]
    group = f"{place.prefix}-profile.syncs"
    async with _published(place, records) as commit, AsyncExitStack() as stack:
        for memory in memories:
            await stack.enter_async_context(running(service("profile"), environment, memory))
        await _settled(place.kafka, group, members=processes)
        began = commit()
        applied = await _read_to_the_end(place, group)
        told = await _emptied(place)
        count = await place.database["customers"].count_documents({})
        letters = await place.database["_dead_letters"].count_documents({})
    if (count, letters) != (customers, 0):
        msg = f"not exact: {count} customers of {customers}, {letters} dead letters"
        raise RuntimeError(msg)
    return {
        "rate": len(records) / (applied - began),
        "published_per_second": round(len(records) / (told - began)),
        "memory": [memory.report() for memory in memories],
    }


async def _read_to_the_end(place: Place, group: str) -> float:
    """When the group's offsets, which follow the stored effects, have reached the ends of the topic."""
    admin, consumer = (
        AIOKafkaAdminClient(bootstrap_servers=place.kafka),
        AIOKafkaConsumer(bootstrap_servers=place.kafka),
    )
    await admin.start()
    await consumer.start()
    partitions = [TopicPartition(place.topic, number) for number in range(topics.INTEGRATIONS_CUSTOMERS.partitions)]
    ends = await consumer.end_offsets(partitions)

    async def left() -> int:
        offsets = await admin.list_consumer_group_offsets(group)
        # The marker of the transaction is the last of each partition, and read by nobody.
        return -sum(max(0, int(ends[one]) - 1 - _offset(offsets, one)) for one in partitions)

    try:
        return await _reached(left, 0)
    finally:
        await admin.close()
        await consumer.stop()


def _offset(offsets: Mapping[TopicPartition, Any], partition: TopicPartition) -> int:
    return int(offsets[partition].offset) if partition in offsets else 0


async def _emptied(place: Place) -> float:
    while await place.database["_pending"].find_one({}, {"_id": 1}):  # noqa: ASYNC110 - another process empties it
        await asyncio.sleep(0.02)
    return time.perf_counter()


async def _reached(count: Callable[[], Awaitable[int]], wanted: int) -> float:
    deadline = time.perf_counter() + 300
    while await count() < wanted:
        if time.perf_counter() > deadline:
            msg = f"only {await count()} of {wanted} after five minutes"
            raise RuntimeError(msg)
        await asyncio.sleep(0.1)
    return time.perf_counter()


async def _settled(kafka: str, group: str, *, members: int) -> None:
    """Wait until the group has its members, all with partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    deadline = time.monotonic() + 90
    try:
        while not await _is_settled(admin, group, members):
            if time.monotonic() > deadline:
                msg = f"{group} has not settled"
                raise RuntimeError(msg)
            await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def _is_settled(admin: AIOKafkaAdminClient, group: str, members: int) -> bool:
    try:
        answer = (await admin.describe_consumer_groups([group]))[0].to_object()["groups"][0]
    except GroupCoordinatorNotAvailableError:
        return False
    return bool(answer["state"] == "Stable") and len(answer["members"]) == members


async def _connect(place: Place, records: Sequence[tuple[str, bytes]], folder: Path) -> dict[str, Any]:
    """One worker with two tasks, as two processes of ours; counted by the server's own count of updates."""
    database = f"{place.prefix}_profile"
    async with _published(place, records) as commit:
        where = folder / place.prefix
        async with sink(
            where, kafka=place.kafka, mongodb=place.mongodb, topic=place.topic, database=database, tasks=2
        ) as group:
            await _settled(place.kafka, group, members=2)
            before = await _updates(place)
            began = commit()
            ended = await _reached(lambda: _updates(place), before + len(records))
    return {"rate": len(records) / (ended - began)}


async def _updates(place: Place) -> int:
    status = await place.database.client.admin.command("serverStatus", metrics=0, repl=0)
    return int(status["opcounters"]["update"])
