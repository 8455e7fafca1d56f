"""The integrator's guide, run as written: each example becomes a customer, and the subscriber hears an answer."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from confluent_kafka import Producer
from playwright._impl._driver import compute_driver_executable
from sounding_contracts import topics

from deploy.local.kafka import Kafka
from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import KEY, Deployment, sync_body
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


KAFKAJS = """
const sent = [];
const producer = { connect: async () => {}, disconnect: async () => console.log(JSON.stringify(sent)),
                   send: async (batch) => sent.push(batch) };
const kafkajs = { Kafka: class { constructor(options) { options.brokers.length; } producer() { return producer; } } };
require("module")._load = (name) => { if (name === "kafkajs") return kafkajs; throw new Error(name); };
"""
"""Writes down what it is given to send: kafkajs itself is not in Python's registries, Node is (beside Playwright)."""


async def _from_javascript(block: str, kafka: str) -> None:
    """What the example sends when Node runs it."""
    node, _ = compute_driver_executable()
    run = await asyncio.create_subprocess_exec(node, "-e", KAFKAJS + block, stdout=asyncio.subprocess.PIPE)
    (batch,) = json.loads((await run.communicate())[0])
    producer = Producer({"bootstrap.servers": kafka})
    for message in batch["messages"]:
        producer.produce(batch["topic"], key=message["key"], value=message["value"])
    assert producer.flush(20) == 0


async def _over_http(block: str, profile: httpx.AsyncClient) -> None:
    """What curl gets for a block."""
    assert "http://127.0.0.1:8401" in block
    command = block.replace("http://127.0.0.1:8401", str(profile.base_url).rstrip("/"))
    environment = {"SOUNDING_API_KEY": KEY, "PATH": os.environ["PATH"]}
    run = await asyncio.create_subprocess_exec("sh", "-c", command, env=environment, stdout=asyncio.subprocess.PIPE)
    assert json.loads((await run.communicate())[0])["count"] == 1


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
    await _from_javascript(_blocks("js")[0], kafka)

    async with deployment.client(build(Settings(chassis=deployment.settings))) as profile:
        await _over_http(_blocks("bash")[0], profile)
        for name in ("ada", "bob", "carol", "dave", "erin", "frank", "smallest"):
            await eventually(lambda name=name: _known(profile, f"{name}@example.com"))  # type: ignore[misc]
        letters = (await profile.get("/v1/dead-letters")).json()["items"]
    assert letters == []


def _bad_events() -> dict[str, bytes]:
    """One event for each code of the guide, after `_good_events`."""
    return {
        "not-readable": sync_body(id="typo", subject="c-9", fist_name="Ada"),
        "sync-not-valid": sync_body(subject=None, first_name="Ada"),
        "email-not-valid": sync_body(subject="c-9", email="nobody"),
        "property-type": sync_body(subject="c-9", properties={"seats": "many"}),
        "two-customers-claimed": sync_body(subject="c-1", email="two@example.com", time="2026-11-23T12:00:00Z"),
        "email-taken": sync_body(subject="c-9", email="one@example.com"),
    }


async def test_each_refusal_of_the_guide_is_one_and_can_be_put_right(infrastructure: Shared, prefix: Prefix) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    bad = _bad_events()
    assert re.findall(r"^\| `([a-z-]+)` \|", GUIDE.split("### What was refused")[1], re.MULTILINE) == list(bad)
    one = sync_body(subject="c-1", email="one@example.com", properties={"seats": 5})
    two = sync_body(subject="c-2", email="two@example.com")
    right = sync_body(id="typo", subject="c-9", email="nine@example.com", first_name="Ada")
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, one, two, *bad.values(), right)

    async with deployment.client(build(Settings(chassis=deployment.settings))) as profile:
        await eventually(lambda: _known(profile, "nine@example.com"))
        letters = (await profile.get("/v1/dead-letters")).json()["items"]

    by_place = sorted(letters, key=lambda letter: letter["offset"])
    assert [letter["code"] for letter in by_place] == list(bad)


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
