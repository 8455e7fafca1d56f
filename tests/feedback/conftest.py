"""A feedback of each test's own: whole, with topics; or a desk with nothing but a database and its pages."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sounding_contracts import topics

from services.feedback.main import build
from services.feedback.settings import Settings
from tests.deployment import Deployment
from tests.feedback.desk import Desk
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.fixture
def bare_deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    """Without topics: for what needs no stream."""
    return Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)


@pytest.fixture
def settings(bare_deployment: Deployment) -> Settings:
    return Settings(chassis=bare_deployment.settings, unsubscribe_url="https://out.example/")


@pytest.fixture
async def desk(bare_deployment: Deployment, settings: Settings) -> AsyncIterator[Desk]:
    service = build(settings)
    async with bare_deployment.client(service, "http") as client:
        made = Desk(service.database, settings, client)
        await made.open()
        yield made


@pytest.fixture
async def deployment(bare_deployment: Deployment) -> Deployment:
    await bare_deployment.make(*topics.ALL)
    return bare_deployment


@pytest.fixture
async def feedback(deployment: Deployment, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a feedback with all its roles."""
    async with deployment.client(build(settings)) as client:
        yield client
