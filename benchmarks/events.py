"""The sync events that every way of reading gets, and what must have become of them."""

import asyncio
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from sounding_contracts import topics

from chassis import topics as topic_commands
from chassis.settings import ChassisSettings


@dataclass(frozen=True)
class Place:
    """Where one run happens: nothing else has its prefix."""

    kafka: str
    mongodb: str
    prefix: str
    database: Any
    """Profile's database, by a driver of our own."""

    @property
    def topic(self) -> str:
        """The topic of the sync events."""
        return f"{self.prefix}-{topics.INTEGRATIONS_CUSTOMERS.name}"

    @property
    def told(self) -> str:
        """The topic where profile tells of its customers."""
        return f"{self.prefix}-{topics.PROFILE_CUSTOMERS.name}"


@asynccontextmanager
async def somewhere(kafka: str, mongodb: str) -> AsyncIterator[Place]:
    """A place of its own. Nothing of it is left behind: the next run finds the servers as this one did."""
    prefix = f"bench{secrets.token_hex(3)}"
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongodb)
    try:
        yield Place(kafka, mongodb, prefix, client[f"{prefix}_profile"])
    finally:
        await client.drop_database(f"{prefix}_profile")
        client.close()
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        await admin.delete_topics([f"{prefix}-{topic.name}" for topic in topics.ALL])
        await admin.close()


@dataclass(frozen=True)
class Load:
    """Events in the order in which they are written, by the customer's number; each as the integration said it."""

    records: Sequence[tuple[str, bytes]]
    latest: dict[str, int]

    @classmethod
    def of(cls, events: int, customers: int) -> "Load":
        """Each customer at least once, the rest by chance; the same for every way and every run."""
        chance = random.Random(4711)
        whom = [*range(customers), *(chance.randrange(customers) for _ in range(events - customers))]
        chance.shuffle(whom)
        start = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251 - no service's clock
        records = [(f"c-{number}", _event(start, place, number)) for place, number in enumerate(whom)]
        return cls(records, {f"c-{number}": place for place, number in enumerate(whom)})


def _event(start: datetime, place: int, number: int) -> bytes:
    head = {"specversion": "1.0", "id": f"e{place}", "source": "crm", "type": "customer.sync", "subject": f"c-{number}"}
    moment = start + timedelta(milliseconds=place)
    return json.dumps(
        {**head, "time": moment.isoformat(timespec="milliseconds"), "data": _said(place, number)}
    ).encode()


def _said(place: int, number: int) -> dict[str, Any]:
    """Something of it differs in every event: each must be stored and told."""
    return {
        "email": f"user{number}@company{number % 997}.example",
        "first_name": f"First{number % 1009}",
        "last_name": f"Last{place % 8009}",
        "company": f"Company {number % 997}",
        "city": "Wien",
        "country": "Austria",
        "tags": {"add": ["nps"]},
        "properties": {"plan": "pro", "seats": place % 50},
    }


@asynccontextmanager
async def published(place: Place, load: Load) -> AsyncIterator[Callable[[], float]]:
    """All events in one open transaction; calling what is given commits it, and says when."""
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
            "log_level": 2,
        }
    )
    producer.init_transactions()
    producer.begin_transaction()
    for key, value in load.records:
        producer.produce(place.topic, key=key, value=value)
        producer.poll(0)
    await asyncio.to_thread(producer.flush)

    def commit() -> float:
        producer.commit_transaction()
        return time.perf_counter()

    yield commit


async def check(place: Place, load: Load) -> None:
    """Every event heard once, every customer as its last event says, and told so under its last seq. Raises."""
    heard = await place.database["_inbox"].count_documents({"_id": {"$gte": "syncs|", "$lt": "syncs}"}})
    letters = await place.database["_dead_letters"].count_documents({})
    _same("events heard", heard, len(load.records))
    _same("dead letters", letters, 0)
    seqs: dict[str, int] = {}
    async for document in place.database["customers"].find({}):
        subject = document["external_ids"]["crm"]
        last, seqs[document["_id"]] = load.latest[subject], document["seq"]
        _same(f"last name of {subject}", document["fields"]["last_name"], f"Last{last % 8009}")
        _same(f"seats of {subject}", document["properties"]["seats"], last % 50)
    _same("customers", len(seqs), len(load.latest))
    _same("last seq told of each customer", await asyncio.to_thread(_told, place), seqs)


def _told(place: Place) -> dict[str, int]:
    """The seq of the last record of each customer; a record may come twice, none may be left out."""
    settings = {"bootstrap.servers": place.kafka, "group.id": "none", "enable.auto.commit": False}
    consumer = Consumer({**settings, "isolation.level": "read_committed", "enable.partition.eof": True})
    partitions = range(topics.PROFILE_CUSTOMERS.partitions)
    consumer.assign([TopicPartition(place.told, number, OFFSET_BEGINNING) for number in partitions])
    seqs: dict[str, int] = {}
    ended: set[int] = set()
    while len(ended) < len(partitions):
        for record in consumer.consume(5000, timeout=1):
            if record.error():
                ended.add(record.partition() or 0)
                continue
            key = (record.key() or b"").decode()
            seq = int(dict(record.headers() or ())["ce_seq"] or 0)
            _same(f"seq of {key}", seq, min(seq, seqs.get(key, 0) + 1))
            seqs[key] = max(seq, seqs.get(key, 0))
    consumer.close()
    return seqs


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        msg = f"not exact, {what}: {str(found)[:200]} instead of {str(expected)[:200]}"
        raise RuntimeError(msg)
