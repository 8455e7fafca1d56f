"""A profile of each test's own, and a client that speaks to it."""

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
async def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(*topics.ALL)
    return made


@pytest.fixture
async def profile(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        yield client
