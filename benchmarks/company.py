"""A company of scheduler's: customers as it keeps them, in a database of its own."""

import random
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from sounding_contracts import topics

from chassis import topics as topic_commands
from chassis.mongo import Database
from chassis.settings import ChassisSettings
from services.scheduler import store
from services.scheduler.commands import campaigns
from services.scheduler.domain.campaign import activate
from services.scheduler.domain.customer import Customer, Outcome, Survey
from services.scheduler.domain.settling import settled
from services.scheduler.main import build
from services.scheduler.settings import Settings

PART = 5000
AUDIENCE = {"field": "tags", "op": "has", "value": "nps"}
ZONES = ("Europe/Vienna", "America/New_York", "Asia/Tokyo", None)


@dataclass(frozen=True)
class Company:
    """Where one run happens: nothing else has its prefix."""

    kafka: str
    mongodb: str
    prefix: str
    database: Database
    client: Any
    """A driver of our own, to ask the server."""


@asynccontextmanager
async def somewhere(kafka: str, mongodb: str, *, tells: bool = True) -> AsyncIterator[Company]:
    """A company of its own, of which nothing is left behind; one that tells nobody needs no topics."""
    prefix = f"bench{secrets.token_hex(3)}"
    settings = ChassisSettings(
        kafka=kafka,
        mongodb=SecretStr(mongodb),
        topic_prefix=f"{prefix}-",
        database_prefix=f"{prefix}_",
        signing_keys=(SecretStr("a key of the benchmark"),),
    )
    if tells:
        await topic_commands.create(settings, topics.ALL, replicas=1)
    service = build(Settings(chassis=settings))
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongodb)
    await service.prepare()
    try:
        yield Company(kafka, mongodb, prefix, service.database, client)
    finally:
        await service.database.drop_database()
        service.database.close()
        client.close()
        if tells:
            await _drop_topics(kafka, prefix)


async def _drop_topics(kafka: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([f"{prefix}-{topic.name}" for topic in topics.ALL])
    await admin.close()


async def start(company: Company, id_: str, now: datetime, **more: Any) -> None:
    """A campaign that runs."""
    values = {
        "name": id_,
        "template_id": "default",
        "brand_id": "default",
        "audience": AUDIENCE,
        "schedule": {"first_after_days": 1, "every_days": 90},
        **more,
    }
    await company.database.transact(lambda tx: campaigns.create_campaign(tx, id_, values, now))
    await company.database.transact(lambda tx: campaigns.move_campaign(tx, id_, activate, expected_seq=None, now=now))


async def fill(company: Company, customers: Iterator[Customer], now: datetime) -> None:
    """Store customers as scheduler would have by now."""
    reader = store.Outside(company.database)
    rules, running = await store.rules(reader), await store.running(reader, now)
    part: list[Customer] = []
    for customer in customers:
        part.append(settled(customer, running, rules, now))
        if len(part) == PART:
            await _store(company, part)
            part = []
    await _store(company, part)


async def _store(company: Company, part: Sequence[Customer]) -> None:
    documents = {
        store.CUSTOMERS: [store.document_of(customer, 1) for customer in part],
        store.LOOKS: [store.look_of(customer) for customer in part],
    }
    for name, rows in documents.items():
        if rows:
            await company.database.collection(name).insert_many(rows, ordered=False)


def people(count: int, now: datetime, *, surveyed: float = 0.5, added: timedelta | None = None) -> Iterator[Customer]:
    """Customers with all that a profile has; the same for every run."""
    chance = random.Random(4711)
    for number in range(count):
        since = now - (added or timedelta(days=chance.randrange(1, 400)))
        at = now - timedelta(days=chance.randrange(1, 80))
        survey = Survey(
            dispatch_id=f"d{number}",
            campaign_id="nps",
            outcome=Outcome.SURVEYED,
            at=at,
            expires_at=at + timedelta(days=2),
        )
        yield Customer(
            id=f"customer-{number:08}",
            seq=1,
            profile=_profile(number, since, chance),
            surveys=(survey,) if chance.random() < surveyed else (),
        )


def _profile(number: int, since: datetime, chance: random.Random) -> dict[str, Any]:
    return {
        "first_name": f"First{number % 1009}",
        "last_name": f"Last{number % 8009}",
        "job_title": None,
        "company": f"Company {number % 997}",
        "email": f"user{number}@company{number % 997}.example",
        "phone": None,
        "city": "Wien",
        "state": None,
        "country": "AT",
        "language": "de",
        "timezone": ZONES[number % len(ZONES)],
        "tags": ["NPS", f"team-{number % 40}"],
        "tag_keys": ["nps", f"team-{number % 40}"],
        "properties": {"plan": chance.choice(("free", "pro")), "seats": number % 50},
        "source": "crm",
        "created_at": since,
        "deleted_at": None,
    }
