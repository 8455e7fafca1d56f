"""A profile of each test's own, and clients that speak to it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.fixture
def bare(infrastructure: Shared, prefix: Prefix) -> Deployment:
    """One without topics, for what reads and publishes nothing: it is there at once."""
    return Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)


@pytest.fixture
async def deployment(bare: Deployment) -> Deployment:
    """One with its topics."""
    await bare.make(*topics.ALL)
    return bare


@pytest.fixture
async def api(bare: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a profile that only answers."""
    async with bare.client(build(Settings(chassis=bare.settings)), "http") as client:
        yield client


@pytest.fixture
async def profile(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one that also reads, publishes and works."""
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        yield client
