"""A deployment with the toy's topics."""

from collections.abc import AsyncIterator

import pytest

from tests.chassis.toy import FACTS, STATE
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.fixture
async def deployment(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Deployment]:
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(STATE, FACTS)
    yield made
    made.close()
