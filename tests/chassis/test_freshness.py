"""How old a service's news is: known in every process, small while it keeps up or nothing happens, else growing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from sounding_contracts.envelope import encode, record_headers

from chassis import freshness
from chassis.clock import now
from chassis.mongo import Transaction
from chassis.service import Service
from chassis.streams import Event
from tests.chassis.toy import STATE, Handler, keep, thing, toy, value
from tests.deployment import Deployment
from tests.waiting import eventually

LITTLE = timedelta(seconds=2)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "NOTE_SECONDS", 0.05)


def _dated(deployment: Deployment, handler: Handler = keep) -> Service:
    service = toy(deployment, STATE, handler)
    service.dated = ["things"]
    return service


async def _fresh(service: Service, since: timedelta = LITTLE) -> bool:
    age = await freshness.age(service.database, "things")
    return age is not None and age < since


async def _old(service: Service) -> bool:
    age = await freshness.age(service.database, "things")
    return age is not None and age > LITTLE


async def test_a_stream_on_which_nothing_happens_is_fresh_and_one_that_nobody_reads_grows_old(
    deployment: Deployment,
) -> None:
    service = _dated(deployment)
    await service.prepare()
    assert await freshness.age(service.database, "things") is None

    async with service.running(["streams"]):
        await eventually(lambda: _fresh(service), 30)
        await _publish_in_a_transaction(deployment)
        await eventually(lambda: _is_kept(service))
        began = await service.database.now()

        async def dated_after_it() -> bool:
            return await _fresh(service, await service.database.now() - began)

        await eventually(dated_after_it)

    await eventually(lambda: _old(service))
    async with service.running(["streams"]):
        await eventually(lambda: _fresh(service), 30)


async def _publish_in_a_transaction(deployment: Deployment) -> None:
    """Its end is a record that no handler ever sees."""
    producer = AIOKafkaProducer(bootstrap_servers=deployment.settings.kafka, transactional_id=deployment.name(STATE))
    await producer.start()
    event = thing("a", 1, 7)
    try:
        async with producer.transaction():
            await producer.send_and_wait(
                deployment.name(STATE), key=b"a", value=encode(event), headers=record_headers(event)
            )
    finally:
        await producer.stop()


async def _is_kept(service: Service) -> bool:
    return await value(service, "a") == 7


async def test_news_that_is_there_and_not_applied_counts_as_not_read(deployment: Deployment) -> None:
    mended: list[bool] = []

    async def broken_first(events: Sequence[Event[Any]], tx: Transaction) -> None:
        if not mended:
            raise ZeroDivisionError
        await keep(events, tx)

    service = _dated(deployment, broken_first)
    async with service.running(["streams"]):
        await eventually(lambda: _fresh(service), 30)
        await deployment.publish(STATE, thing("a", 1, 7))
        await eventually(lambda: _old(service))
        assert await value(service, "a") is None
        mended.append(True)
        await eventually(lambda: _fresh(service), 30)
        assert await value(service, "a") == 7


async def test_what_was_read_of_some_partitions_says_nothing_of_the_others_and_goes_never_back(
    deployment: Deployment,
) -> None:
    service = _dated(deployment)
    await service.prepare()
    at = now()
    notes = freshness.Notes(service.database, "things")
    await notes.note(at, {0: 5}, {0: 5}, 2)
    assert await freshness.age(service.database, "things") is None
    await notes.note(at, {1: 3}, {1: 2}, 2)
    assert await freshness.age(service.database, "things") is None

    later = at + timedelta(seconds=1)
    await notes.note(later, {1: 9}, {1: 3}, 2)
    row = await service.database.collection(freshness.COLLECTION).find_one({"_id": "things"})
    assert row is not None
    assert abs(row["partitions"]["1"] - at) < timedelta(milliseconds=2)
    await freshness.Notes(service.database, "things").note(at - LITTLE, {0: 5}, {0: 5}, 2)
    row = await service.database.collection(freshness.COLLECTION).find_one({"_id": "things"})
    assert row is not None
    assert abs(row["partitions"]["0"] - at) < timedelta(milliseconds=2)
