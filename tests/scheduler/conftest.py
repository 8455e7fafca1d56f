"""A deployment of one's own, with a scheduler that runs in it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sounding_contracts import topics

from chassis import freshness
from chassis.mongo import Database
from chassis.service import open_service_database
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.views.news import STREAMS
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared

TOPICS = [
    topics.PROFILE_CUSTOMERS,
    topics.OUTBOX_DELIVERABILITY,
    topics.OUTBOX_DISPATCHES,
    topics.FEEDBACK_RESPONSES,
    topics.INTEGRATIONS_TRIGGERS,
    topics.SCHEDULER_CAMPAIGNS,
    topics.SCHEDULER_NEXT_SURVEYS,
    topics.SCHEDULER_DISPATCH_REQUESTS,
]
"""What a scheduler reads and writes: to make the others too would take as long again."""


@pytest.fixture
def bare(infrastructure: Shared, prefix: Prefix) -> Deployment:
    """Prefixes that no other test uses, for what reads and publishes nothing: it is there at once."""
    return Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)


@pytest.fixture
async def deployment(bare: Deployment) -> Deployment:
    """One with its topics."""
    await bare.make(*TOPICS)
    return bare


@pytest.fixture
async def api(bare: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a scheduler that only answers."""
    async with bare.client(build(Settings(chassis=bare.settings)), "http") as client:
        yield client


@pytest.fixture(autouse=True)
def _fresh_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How recent its news is, a scheduler knows soon after it has begun to read."""
    monkeypatch.setattr(freshness, "NOTE_SECONDS", 0.1)


async def is_fresh(database: Database) -> None:
    """What is known of customers is known up to now, for jobs beside which nothing reads."""
    for purpose in STREAMS:
        await freshness.Notes(database, purpose).note(await database.now(), {0: 0}, {0: 0}, 1)


@pytest.fixture
async def scheduler(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a scheduler with all its roles."""
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        yield client


@pytest.fixture
async def database(deployment: Deployment) -> AsyncIterator[Database]:
    """Scheduler's database, to look into."""
    opened = open_service_database(deployment.settings, "scheduler")
    yield opened
    opened.close()
