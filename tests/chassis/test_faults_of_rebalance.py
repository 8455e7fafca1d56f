"""F12: a second process joins while the first is at a slow batch."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chassis import consumer as consumer_module
from chassis import kafka
from chassis.mongo import Transaction
from chassis.streams import Event
from tests.chassis.toy import FACTS, add, fact, seen, toy
from tests.deployment import Deployment
from tests.waiting import eventually

VALUES = list(range(40))
# Of one partition alone, chance would choose the owner.
MANY = replace(FACTS, name="toy.many.v1", partitions=8)


class Slow:
    """A handler whose first batch lasts until it is let go; knows what began how often."""

    def __init__(self) -> None:
        self.began: Counter[str] = Counter()
        self.at_it, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, events: Sequence[Event[Any]], tx: Transaction) -> None:
        self.began.update(event.id for event in events)
        first = not self.at_it.is_set()
        self.at_it.set()
        if first:
            await self.go_on.wait()
        await add(events, tx)


async def _joined(deployment: Deployment, slow: Slow, *, waits_for_second: bool) -> list[int]:
    """What is applied, in order of value, when a second process joins during the slow batch and that then ends."""
    await deployment.make(MANY)
    await deployment.publish(MANY, *(fact(f"e{value}", value, subject=str(value)) for value in VALUES))
    first, second = toy(deployment, MANY, slow), toy(deployment, MANY, slow)
    async with first.running(["streams"]):
        await asyncio.wait_for(slow.at_it.wait(), 20)
        joining = asyncio.create_task(_run_until_told(second, stop := asyncio.Event()))
        if waits_for_second:
            await eventually(lambda: max(slow.began.values()) > 1)
        else:
            await eventually(lambda: _revoked(first))
        slow.go_on.set()
        await eventually(lambda: _has_all(first))
        stop.set()
        await joining
    return sorted(await seen(first))


async def _run_until_told(service: Any, stop: asyncio.Event) -> None:
    async with service.running(["streams"]):
        await stop.wait()


async def _has_all(service: Any) -> bool:
    return set(await seen(service)) == set(VALUES)


_drains: list[kafka.Drain] = []


async def _revoked(_: Any) -> bool:
    """Whether the group has asked the first process for its partitions."""
    return any(drain.revoked_at is not None and drain._consumer.busy_since is not None for drain in _drains)


@pytest.fixture(autouse=True)
def _known_drains(monkeypatch: pytest.MonkeyPatch) -> None:
    made = kafka.Drain.__init__

    def known(self: kafka.Drain, *arguments: Any) -> None:
        made(self, *arguments)
        _drains.append(self)

    _drains.clear()
    monkeypatch.setattr(kafka.Drain, "__init__", known)


async def test_f12_the_first_ends_its_batch_before_the_second_gets_its_records(deployment: Deployment) -> None:
    slow = Slow()

    assert await _joined(deployment, slow, waits_for_second=False) == VALUES

    assert max(slow.began.values()) == 1


async def test_f12_without_the_wait_both_begin_the_batch_and_the_inbox_keeps_one_effect(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka.Drain, "on_partitions_revoked", _at_once)
    slow = Slow()

    assert await _joined(deployment, slow, waits_for_second=True) == VALUES


async def test_f12_without_wait_and_inbox_the_batch_has_two_effects(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant."""

    class Forgetful(consumer_module.FactInbox):
        async def unknown(self, tx: Transaction, reads: Any) -> Any:
            return [read.event for read in reads], []

    monkeypatch.setattr(kafka.Drain, "on_partitions_revoked", _at_once)
    monkeypatch.setattr(consumer_module, "FactInbox", Forgetful)

    assert len(await _joined(deployment, Slow(), waits_for_second=True)) > len(VALUES)


async def _at_once(*_: object) -> None:
    return
