"""What is of less haste is held back while much else is to be done, and never for good."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chassis.consumer import CROWD
from chassis.kafka import Subscriber
from chassis.mongo import MANY, Transaction
from chassis.pending import Outgoing
from chassis.service import Service
from chassis.streams import Event
from tests.chassis.toy import FACTS, STATE, fact, keep, thing, toy, value
from tests.deployment import Deployment
from tests.waiting import eventually


class Held:
    """A handler that is at its records until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, events: Sequence[Event[Any]], tx: Transaction) -> None:
        self.begun.set()
        await self.go.wait()


@asynccontextmanager
async def _at_work(
    deployment: Deployment, *, gives_way: bool, records: int = CROWD
) -> AsyncIterator[tuple[Service, Held]]:
    """A service that holds many facts in hand, and has then been told of a thing."""
    held = Held()
    service = toy(deployment, FACTS, held)
    service.streams.reads(STATE, gives_way=gives_way)(keep)
    await deployment.make(FACTS, STATE)
    await deployment.publish(FACTS, *(fact(f"e{number}", number) for number in range(records)))
    async with service.running(["streams"]):
        await held.begun.wait()
        await deployment.publish(STATE, thing("a", 1, 7))
        try:
            yield service, held
        finally:
            held.go.set()


@pytest.fixture
def subscribers(monkeypatch: pytest.MonkeyPatch) -> list[Subscriber]:
    """All that were made."""
    made: list[Subscriber] = []
    begin = Subscriber.__init__

    def noted(self: Subscriber, *args: Any) -> None:
        begin(self, *args)
        made.append(self)

    monkeypatch.setattr(Subscriber, "__init__", noted)
    return made


async def test_what_gives_way_waits_for_many_others_and_is_then_applied(
    deployment: Deployment, subscribers: list[Subscriber]
) -> None:
    async with _at_work(deployment, gives_way=True) as (service, held):
        await eventually(lambda: any(one.waiting for one in subscribers))
        assert await value(service, "a") is None
        held.go.set()
        await eventually(lambda: _is_kept(service))


async def test_what_gives_way_does_not_starve(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.kafka.GIVE_WAY_SECONDS", 0.2)
    async with _at_work(deployment, gives_way=True) as (service, held):
        await eventually(lambda: _is_kept(service))
        assert not held.go.is_set()


async def test_it_waits_too_while_anything_tells_of_many_changes(
    deployment: Deployment, subscribers: list[Subscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.consumer.AFTER_MANY_SECONDS", 60.0)
    monkeypatch.setattr("chassis.kafka.GIVE_WAY_SECONDS", 60)
    async with _at_work(deployment, gives_way=True, records=3) as (service, held):
        held.go.set()
        await eventually(lambda: _is_kept(service))
        many = [Outgoing(subject=f"b{number}", seq=1, type=STATE.types[0].type, data=None) for number in range(MANY)]
        await service.database.transact(lambda tx: tx.publish(STATE, many))
        await deployment.publish(STATE, thing("c", 1, 8))
        await eventually(lambda: any(one.waiting for one in subscribers))
        assert await value(service, "c") is None
        service.database.many_told_at = 0
        await eventually(lambda: _is_told(service, "c", 8))


@pytest.mark.parametrize(("gives_way", "records"), [(False, CROWD), (True, 3)])
async def test_nothing_waits_that_gives_no_way_nor_for_a_few(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, gives_way: bool, records: int
) -> None:
    monkeypatch.setattr("chassis.kafka.GIVE_WAY_SECONDS", 60)
    async with _at_work(deployment, gives_way=gives_way, records=records) as (service, held):
        await eventually(lambda: _is_kept(service))
        assert not held.go.is_set()


async def _is_kept(service: Service) -> bool:
    return await _is_told(service, "a", 7)


async def _is_told(service: Service, id_: str, size: int) -> bool:
    return await value(service, id_) == size
