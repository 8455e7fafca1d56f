"""What the relay makes of trouble: fault cases F07 and F17 to F20, on real Kafka and MongoDB."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from chassis import pending, relay
from chassis.mongo import Database, Document, Transaction
from chassis.relay import Relay, in_order
from chassis.service import Service
from tests.chassis.toy import STATE, add, outgoing, toy
from tests.deployment import Deployment
from tests.waiting import eventually


async def _store(service: Service, *events: pending.Outgoing) -> None:
    await service.database.transact(lambda tx: tx.publish(STATE, events))


async def _waiting(service: Service) -> int:
    return await service.database.collection(pending.COLLECTION).count_documents({})


async def _drained(service: Service) -> bool:
    return await _waiting(service) == 0


async def _seqs(deployment: Deployment, subject: str) -> list[int]:
    return [event.seq or 0 for event in await deployment.events(STATE) if event.subject == subject]


async def _last_is_newest(deployment: Deployment, subject: str, newest: int) -> None:
    """The oracle: what a compacted topic would keep of the subject."""
    assert (await _seqs(deployment, subject))[-1] == newest


@pytest.fixture
async def service(deployment: Deployment) -> Service:
    made = toy(deployment, STATE, add)
    await made.prepare()
    return made


async def test_events_of_a_subject_are_published_in_the_order_of_their_seq(
    deployment: Deployment, service: Service
) -> None:
    for seq in range(1, 6):
        await _store(service, outgoing("a", seq, seq), outgoing("b", seq, seq))

    async with service.running(["relay"]):
        await eventually(lambda: _drained(service))

    assert await _seqs(deployment, "a") == await _seqs(deployment, "b") == [1, 2, 3, 4, 5]


async def test_more_than_a_batch_is_published_whole_and_once(deployment: Deployment, service: Service) -> None:
    await _store(service, *(outgoing(f"s{n}", seq, n) for n in range(900) for seq in (1, 2, 3)))

    async with service.running(["relay"]):
        await eventually(lambda: _drained(service))

    events = await deployment.events(STATE)
    assert len(events) == len({event.id for event in events}) == 2700


async def test_f07_a_record_that_no_broker_takes_is_put_aside_and_the_others_go_on(
    deployment: Deployment, service: Service
) -> None:
    service.database.max_record_bytes = 5_000_000
    await _store(service, outgoing("large", 1, 1, filling="x" * 2_000_000), outgoing("small", 1, 1))

    async with service.running(["relay"]):
        await eventually(lambda: _drained(service))

    assert [event.subject for event in await deployment.events(STATE)] == ["small"]
    letter = await service.database.collection("_dead_letters").find_one({"code": "record-refused"})
    assert letter is not None
    assert letter["subject"] == "large"


class Sleepy(Relay):
    """A relay that falls asleep before it publishes, past its lease, and then goes on as if nothing were."""

    asleep: asyncio.Event
    wake_up: asyncio.Event

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Document]) -> None:
        self.asleep.set()
        await self.wake_up.wait()
        await super()._publish(producer, rows)


async def _two_relays(deployment: Deployment, service: Service, old: Sleepy) -> None:
    """The old relay reads seq 1 and sleeps; the new one publishes 1 and 2; then the old one wakes."""
    old.asleep, old.wake_up = asyncio.Event(), asyncio.Event()
    await _store(service, outgoing("a", 1, 1))
    task = asyncio.create_task(old.run())
    await asyncio.wait_for(old.asleep.wait(), 20)
    await _store(service, outgoing("a", 2, 2))
    new = asyncio.create_task(Relay(service.database, deployment.settings, "toy").run())
    await eventually(lambda: _drained(service))
    new.cancel()
    await asyncio.gather(new, return_exceptions=True)
    old.wake_up.set()
    await asyncio.sleep(0)
    await eventually(lambda: _settled(old, task))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _settled(old: Sleepy, task: asyncio.Task[None]) -> bool:
    """Whether the old relay has tried, failed or succeeded, and begun anew."""
    began = old.last_turn
    await asyncio.sleep(0.05)
    return old.last_turn != began or task.done()


async def test_f17_a_relay_that_slept_past_its_lease_is_fenced_and_leaves_no_stale_record(
    deployment: Deployment, service: Service
) -> None:
    await _two_relays(deployment, service, Sleepy(service.database, deployment.settings, "toy"))

    await _last_is_newest(deployment, "a", 2)


async def test_f17_with_a_producer_that_is_not_fenced_the_stale_record_is_last(
    deployment: Deployment, service: Service
) -> None:
    class Unfenced(Sleepy):
        async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Document]) -> None:
            self.asleep.set()
            await self.wake_up.wait()
            async with deployment.producer() as plain:
                for row in rows:
                    number = pending.partition(row["partition_key"], row["partitions"])
                    await plain.send_and_wait(
                        deployment.name(STATE), row["value"], key=row["key"].encode(), partition=number
                    )

    await _two_relays(deployment, service, Unfenced(service.database, deployment.settings, "toy"))

    with pytest.raises(AssertionError):
        await _last_is_newest(deployment, "a", 2)


async def test_f18_a_relay_that_dies_before_it_forgets_repeats_under_the_same_ids(
    deployment: Deployment, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[bool] = []
    remove = relay._remove

    async def dies_first(tx: Transaction, rows: Sequence[Document]) -> None:
        if not died:
            died.append(True)
            msg = "killed"
            raise RuntimeError(msg)
        await remove(tx, rows)

    monkeypatch.setattr(relay, "_remove", dies_first)
    await _store(service, outgoing("a", 1, 1), outgoing("a", 2, 2))

    async with service.running(["relay"]):
        await eventually(lambda: _drained(service))

    ids = [event.id for event in await deployment.events(STATE)]
    assert ids == ["a:1", "a:2", "a:1", "a:2"]


async def test_f19_readers_see_nothing_of_a_transaction_that_was_never_ended(
    deployment: Deployment, service: Service
) -> None:
    name = f"{deployment.settings.topic_prefix}toy.relay.0"
    dead = AIOKafkaProducer(bootstrap_servers=deployment.settings.kafka, transactional_id=name)
    await dead.start()
    await dead.begin_transaction()
    await (await dead.send(deployment.name(STATE), b"half", key=b"half", partition=0))
    await _store(service, outgoing("a", 1, 1))

    async with service.running(["relay"]):
        await eventually(lambda: _drained(service))
        found = await deployment.events(STATE)

    assert [event.id for event in found] == ["a:1"]
    await _abandon(dead)


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stop a producer that was fenced; it says so."""
    try:
        await producer.stop()
    except Exception:  # noqa: BLE001 - a fenced producer may end as it likes
        return


async def _halfway(database: Database, rows: Sequence[Document], *, whole: bool) -> None:
    """Remove the rows of a batch and die in the middle."""

    async def in_one(tx: Transaction) -> None:
        await tx.collection(pending.COLLECTION).delete_many({"_id": rows[-1]["_id"]}, session=tx.session)
        raise asyncio.CancelledError

    if whole:
        with pytest.raises(asyncio.CancelledError):
            await database.transact(in_one)
    else:
        await database.collection(pending.COLLECTION).delete_one({"_id": rows[-1]["_id"]})


@pytest.mark.parametrize("whole", [True, False])
async def test_f20_a_relay_that_dies_while_it_forgets_leaves_all_of_a_subject_to_the_next(
    deployment: Deployment, service: Service, whole: bool
) -> None:
    await _store(service, outgoing("a", 1, 1), outgoing("a", 2, 2))
    rows = await service.database.snapshot_find(pending.COLLECTION, {}, limit=10)
    await deployment.publish_raw(STATE, *(row["value"] for row in rows), key=b"a", partition=_partition(rows))
    await _halfway(service.database, rows, whole=whole)

    async with service.running(["relay"]):
        await eventually(lambda: _drained(service))

    if whole:
        await _last_is_newest(deployment, "a", 2)
    else:
        with pytest.raises(AssertionError):
            await _last_is_newest(deployment, "a", 2)


def _partition(rows: Sequence[Document]) -> int:
    return pending.partition(rows[0]["partition_key"], rows[0]["partitions"])


def test_the_order_within_a_subject_holds_whatever_the_clocks_said() -> None:
    def row(subject: str, seq: int, at: Any) -> Document:
        return {"partition_key": "k", "topic": "t", "subject": subject, "seq": seq, "at": at}

    from datetime import UTC, datetime

    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    ordered = in_order([row("a", 1, late), row("a", 2, early), row("b", 1, early)])

    assert [(found["subject"], found["seq"]) for found in ordered] == [("b", 1), ("a", 1), ("a", 2)]
