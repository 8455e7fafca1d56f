"""Health: ready while it can do its job, alive while a restart would mend nothing, and ended where one would."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis import kafka, relay
from chassis.health import Health
from chassis.kafka import WatchedConsumer
from chassis.service import HUNG
from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from tests.chassis.toy import FACTS, STATE, add, fact, seen, toy
from tests.chassis.web import served, web
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
GROUP = "toy.facts"


async def _health(client: httpx.AsyncClient, which: str) -> tuple[int, dict[str, str]]:
    answer = await client.get(f"/health/{which}", headers={"Authorization": ""})
    return answer.status_code, answer.json()["faults"]


async def test_a_service_that_works_is_alive_and_ready_and_needs_no_key_to_say_so(deployment: Deployment) -> None:
    async with served(web(deployment, add), "streams", "relay") as client:
        assert await _health(client, "live") == (200, {})
        assert await _health(client, "ready") == (200, {})


@pytest.fixture
async def on_own_mongod(own_mongod: Mongod, infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Deployment]:
    made = Deployment(infrastructure.kafka, own_mongod.address, prefix.topics, prefix.database)
    await made.make(STATE, FACTS)
    yield made
    made.close()


async def test_without_its_database_it_is_not_ready_but_alive_and_ready_again_by_itself(
    on_own_mongod: Deployment, own_mongod: Mongod
) -> None:
    async with served(web(on_own_mongod)) as client:
        client.timeout = httpx.Timeout(20)
        own_mongod.pause()
        try:
            status, faults = await _health(client, "ready")
            alive = await _health(client, "live")
        finally:
            own_mongod.resume()

        assert (status, list(faults)) == (503, ["mongodb"])
        assert alive == (200, {})
        await eventually(lambda: _is_ready(client))


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await _health(client, "ready"))[0] == 200


async def test_with_a_topic_missing_it_is_not_ready_and_names_it(infrastructure: Shared, prefix: Prefix) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(FACTS)
    async with served(web(deployment, add), "streams") as client:
        status, faults = await _health(client, "ready")

        assert status == 503
        assert deployment.name(STATE) in faults["topics"]
        assert await _health(client, "live") == (200, {})
    deployment.close()


async def test_without_its_broker_it_stays_ready_since_requests_are_answered_meanwhile(
    own_broker: Kafka, infrastructure: Shared, prefix: Prefix
) -> None:
    deployment = Deployment(own_broker.address, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(FACTS, STATE)
    async with served(web(deployment, add), "streams", "relay") as client:
        assert await _health(client, "ready") == (200, {})
        for harm in (own_broker.pause, own_broker.kill):
            harm()
            assert await _health(client, "ready") == (200, {})
            assert await _health(client, "live") == (200, {})
        own_broker.start()
        await asyncio.to_thread(own_broker.wait_ready)
    deployment.close()


async def test_a_check_that_breaks_or_never_ends_is_a_fault_and_not_an_error() -> None:
    async def breaks() -> str | None:
        raise ConnectionError(111, "refused")

    async def never_ends() -> str | None:
        await asyncio.Event().wait()
        return None

    health = Health(ready={"breaks": breaks, "never ends": never_ends})

    faults = await health.unready()

    assert "ConnectionError" in faults["breaks"]
    assert faults["never ends"]
    assert await health.dead() == {}


async def test_a_consumer_that_asks_for_no_records_any_more_is_not_alive(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(kafka, "HUNG_AFTER_SECONDS", 1.5)
    async with served(web(deployment, add), "streams") as client:
        await deployment.publish(FACTS, fact("e1", 1))
        await eventually(lambda: _alive(client, expected=True))
        monkeypatch.setattr(WatchedConsumer, "getmany", forever)
        await eventually(lambda: _alive(client, expected=False))
        (fault,) = (await _health(client, "live"))[1].items()
        status, _ = await _health(client, "ready")

    assert GROUP in fault[0]
    assert "has not asked for records for" in fault[1]
    assert status == 503


async def test_a_consumer_that_waits_for_its_broker_is_alive_and_one_that_hangs_after_that_is_not(
    own_broker: Kafka, infrastructure: Shared, prefix: Prefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(kafka, "HUNG_AFTER_SECONDS", 1.5)
    monkeypatch.setattr(kafka, "ANSWER_SECONDS", 1.0)
    deployment = Deployment(own_broker.address, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(FACTS, STATE)
    service = toy(deployment, FACTS, add)
    async with service.running(["streams"]):
        own_broker.pause()
        monkeypatch.setattr(WatchedConsumer, "getmany", forever)
        (suspected,) = service.health.alive.values()
        await eventually(suspected)
        assert await service.health.dead() == {}
        own_broker.resume()
        assert "has not asked for records for" in "".join((await eventually(service.health.dead)).values())
    deployment.close()


async def _alive(client: httpx.AsyncClient, *, expected: bool) -> bool:
    return ((await _health(client, "live"))[0] == 200) is expected


async def test_a_consumer_with_nothing_to_read_stays_alive(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "HUNG_AFTER_SECONDS", 1.5)
    service = toy(deployment, FACTS, add)
    asked = []
    getmany = WatchedConsumer.getmany

    async def counted(self: WatchedConsumer, *partitions: Any, **more: Any) -> Any:
        asked.append(await service.health.dead())
        return await getmany(self, *partitions, **more)

    monkeypatch.setattr(WatchedConsumer, "getmany", counted)
    async with service.running(["streams"]):
        await eventually(lambda: len(asked) > 4)

    assert asked == [{}] * len(asked)


async def test_a_consumer_that_gets_no_assignment_any_more_is_not_alive(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "HUNG_AFTER_SECONDS", 0.5)
    monkeypatch.setattr(kafka, "POLL_MS", 50)
    monkeypatch.setattr(kafka.Drain, "on_partitions_assigned", _not_told)
    service = toy(deployment, FACTS, add)
    async with service.running(["streams"]):
        faults = await eventually(service.health.dead)

    assert "has had no assignment for" in "".join(faults.values())


async def _not_told(*_: object) -> None:
    return


async def test_a_relay_that_makes_no_turn_any_more_is_not_alive(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(*_: Any) -> None:
        await asyncio.Event().wait()

    service = toy(deployment, FACTS, add)
    async with service.running(["relay"]):
        monkeypatch.setattr(relay, "HUNG_AFTER_SECONDS", 1.0)
        monkeypatch.setattr(relay.Relay, "_next_rows", forever)
        faults = await eventually(service.health.dead)

    assert "has made no turn for" in "".join(faults.values())


async def test_a_process_that_hangs_ends_itself_and_the_next_one_goes_on(deployment: Deployment) -> None:
    await deployment.publish(FACTS, fact("e1", 1))
    process = await _hanging(deployment)
    try:
        assert await asyncio.wait_for(process.wait(), 60) == HUNG
    finally:
        if process.returncode is None:
            process.kill()
    await deployment.publish(FACTS, fact("e2", 2))

    service = toy(deployment, FACTS, add)
    async with service.running(["streams"]):
        await eventually(lambda: _both(service))
    assert await seen(service) == [1, 2]


async def _both(service: Any) -> bool:
    return len(await seen(service)) == 2


async def _hanging(deployment: Deployment) -> asyncio.subprocess.Process:
    settings = deployment.settings
    environment = {
        "SOUNDING_KAFKA": settings.kafka,
        "SOUNDING_MONGODB": settings.mongodb.get_secret_value(),
        "SOUNDING_TOPIC_PREFIX": settings.topic_prefix,
        "SOUNDING_DATABASE_PREFIX": settings.database_prefix,
        "SOUNDING_HTTP_PORT": "0",
        "SOUNDING_API_KEYS": json.dumps([]),
        "SOUNDING_SESSION_TIMEOUT_SECONDS": "6",
        "SOUNDING_GRACEFUL_SECONDS": "1",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chassis.toy_process", "--hang"),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
