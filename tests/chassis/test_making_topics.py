"""Topics are made with as many copies as are asked for, or as many as the cluster thinks best."""

import pytest
from sounding_contracts.topics import SCHEDULER_CAMPAIGNS

from chassis import topics
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.mark.parametrize("replicas", [1, -1])
async def test_a_topic_is_made_with_so_many_copies(infrastructure: Shared, prefix: Prefix, replicas: int) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)

    await topics.create(deployment.settings, [SCHEDULER_CAMPAIGNS], replicas=replicas)

    assert await topics.faults(deployment.settings, [SCHEDULER_CAMPAIGNS]) == []
