"""A house of each test's own."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

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


@pytest.fixture
def environment(
    deployment: Deployment, prefix: Prefix, infrastructure: Shared, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For commands of `sounding`: where the deployment is."""
    keys = json.dumps([key.get_secret_value() for key in deployment.settings.signing_keys])
    for name, value in {
        "KAFKA": infrastructure.kafka,
        "MONGODB": infrastructure.mongodb,
        "TOPIC_PREFIX": prefix.topics,
        "DATABASE_PREFIX": prefix.database,
        "SIGNING_KEYS": keys,
        "DATA": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(f"SOUNDING_{name}", value)
