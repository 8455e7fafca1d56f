"""A deployment of one's own, with a scheduler that runs in it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sounding_contracts import topics

from chassis.mongo import Database
from chassis.service import open_service_database
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.fixture
async def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    """Topics and a database prefix that no other test uses."""
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(*topics.ALL)
    return made


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
