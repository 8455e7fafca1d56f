"""F11, from inside: what a service that is told to stop leaves behind."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from chassis import mongo
from chassis.kafka import stop_broker
from chassis.mongo import Transaction
from chassis.streams import Event
from tests.chassis.toy import FACTS, add, fact, seen, toy
from tests.deployment import Deployment


class Endless:
    """A handler that writes and then never ends by itself."""

    def __init__(self) -> None:
        self.wrote, self.undone = asyncio.Event(), False

    async def __call__(self, events: Sequence[Event[Any]], tx: Transaction) -> None:
        await add(events, tx)
        self.wrote.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.undone = True


async def test_f11_a_batch_that_is_cut_short_is_undone_before_the_service_has_stopped(deployment: Deployment) -> None:
    deployment.settings = deployment.settings.model_copy(update={"graceful_seconds": 0.2})
    handler = Endless()
    service = toy(deployment, FACTS, handler)
    await deployment.publish(FACTS, fact("e1", 1))

    before = asyncio.all_tasks()
    async with service.running(["streams"]):
        await asyncio.wait_for(handler.wrote.wait(), 20)
    left = [task for task in asyncio.all_tasks() - before if "consume" in str(task.get_coro())]

    assert handler.undone
    assert left == []
    assert await seen(service) == []
    # Nothing holds the row: a transaction that was only left alone would, until the server ends it after a minute.
    await asyncio.wait_for(service.database.transact(lambda tx: add([fact("e2", 2)], tx)), 3)


async def test_f11_a_cancellation_is_not_taken_for_a_fault_of_the_store(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled once more while it undoes, with the store closed meanwhile: as a process that ends does it."""
    service = toy(deployment, FACTS, add)
    at_it = asyncio.Event()

    async def work(tx: Transaction) -> None:
        await add([fact("e1", 1)], tx)
        at_it.set()
        await asyncio.Event().wait()

    abort = mongo._abort

    async def closed_and_cancelled(_: Any) -> None:
        service.database.close()
        monkeypatch.setattr(mongo, "_abort", abort)
        raise asyncio.CancelledError

    monkeypatch.setattr(mongo, "_abort", closed_and_cancelled)
    task = asyncio.create_task(service.database.transact(work))
    await asyncio.wait_for(at_it.wait(), 10)
    task.cancel()

    await asyncio.wait([task], timeout=3)

    assert task.cancelled()


class Stuck:
    """A broker that waits for ever for its group."""

    subscribers: Sequence[Any] = ()

    async def stop(self) -> None:
        await asyncio.Event().wait()


async def test_f11_a_group_that_cannot_be_left_holds_no_process() -> None:
    broker: Any = Stuck()

    await asyncio.wait_for(stop_broker(broker, 0.1), 2)
