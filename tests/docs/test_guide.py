"""The integrator's guide, run as written: each example becomes a customer, and the subscriber hears an answer."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from confluent_kafka import Producer
from sounding_contracts import topics

from deploy.local.kafka import Kafka
from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.house import ROOT
from tests.infrastructure import Shared
from tests.waiting import eventually

GUIDE = (ROOT / "docs/guide/integrators.md").read_text(encoding="utf-8")
GOLDEN = (ROOT / "contracts/golden/response.changed.v1/full.json").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return [text for name, text in blocks if name == language]


@pytest.fixture
async def deployment(own_broker: Kafka, infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Deployment]:
    """One whose topics have no prefix, as the guide writes them."""
    made = Deployment(own_broker.address, infrastructure.mongodb, "", prefix.database)
    await made.make(*topics.ALL)
    yield made
    made.close()


async def _start(code: str, kafka: str) -> asyncio.subprocess.Process:
    assert "127.0.0.1:8492" in code
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code.replace("127.0.0.1:8492", kafka), stdout=asyncio.subprocess.PIPE
    )


def _from_shell(block: str, kafka: str) -> None:
    """What kcat sends for a block: key and value at the first bar, a header for each -H."""
    line = re.search(r"echo '(.*?)'", block, re.DOTALL)
    topic = re.search(r"-t (\S+)", block)
    assert line is not None
    assert topic is not None
    key, value = line.group(1).split("|", 1)
    headers = [tuple(pair.split("=", 1)) for pair in re.findall(r"-H (\S+)", block)]
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic.group(1), key=key, value=value, headers=[(name, text.encode()) for name, text in headers])
    assert producer.flush(20) == 0


async def _known(profile: httpx.AsyncClient, address: str) -> bool:
    return bool((await profile.get("/v1/customers", params={"email": address})).json()["items"])


async def test_every_way_to_publish_makes_a_customer(deployment: Deployment) -> None:
    kafka = deployment.settings.kafka
    for code in _blocks("python")[:2]:
        assert await asyncio.wait_for((await _start(code, kafka)).wait(), 60) == 0
    await deployment.publish_raw(
        topics.INTEGRATIONS_CUSTOMERS, _blocks("json")[0].replace("ada@", "smallest@").encode()
    )
    for block in _blocks("sh")[:2]:
        _from_shell(block, kafka)

    async with deployment.client(build(Settings(chassis=deployment.settings))) as profile:
        for name in ("ada", "bob", "dave", "erin", "smallest"):
            await eventually(lambda name=name: _known(profile, f"{name}@example.com"), within=20)  # type: ignore[misc]
        letters = (await profile.get("/v1/dead-letters")).json()["items"]
    assert letters == []


async def test_the_subscriber_hears_an_answer(deployment: Deployment) -> None:
    golden = json.loads(GOLDEN)
    value = json.dumps(golden["value"]).encode()
    await deployment.publish_raw(topics.FEEDBACK_RESPONSES, value, key=golden["key"].encode())

    subscriber = await _start(_blocks("python")[2], deployment.settings.kafka)
    assert subscriber.stdout is not None
    line = await asyncio.wait_for(subscriber.stdout.readline(), 40)
    subscriber.kill()
    await subscriber.wait()

    assert golden["value"]["subject"] in line.decode()
    assert "(9, " in line.decode()
