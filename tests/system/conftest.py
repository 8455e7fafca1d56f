"""A house of each test's own."""

from collections.abc import AsyncIterator

import pytest
from sounding_contracts import topics

from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.system.house import House, Post, living


@pytest.fixture
async def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(*topics.ALL)
    return made


@pytest.fixture
async def house(deployment: Deployment) -> AsyncIterator[House]:
    with Post() as post:
        async with living(deployment, post) as made:
            yield made
