"""A projection made anew from its stream: fault cases F21 and F22, on real Kafka and MongoDB."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from sounding_contracts.payload import Payload

from chassis import rebuild
from chassis.errors import Conflict
from chassis.mongo import Document, Transaction, put_newer
from chassis.rebuild import Rebuild, RebuildError
from chassis.service import Service
from chassis.streams import Event, Subscription
from deploy.local.kafka import Kafka
from tests.chassis.toy import FACTS, STATE, erased, outgoing, thing, toy
from tests.deployment import Deployment
from tests.infrastructure import Shared
from tests.waiting import eventually


async def follow(events: Sequence[Event[Any]], tx: Transaction) -> set[str]:
    """A projection as the services write theirs."""
    return await put_newer(tx, "things", {str(e.subject): (e.seq, _row(e.data)) for e in events})


def _row(data: Payload | None) -> Document | None:
    return data.model_dump() if data else None


async def count_derived(tx: Transaction, ids: set[str]) -> None:
    for id_ in ids:
        await tx.collection("derived").update_one({"_id": id_}, {"$inc": {"times": 1}}, upsert=True, session=tx.session)


def _service(deployment: Deployment) -> Service:
    return toy(deployment, STATE, follow, projections=("things",), derive=count_derived)


@pytest.fixture
async def service(deployment: Deployment) -> AsyncIterator[Service]:
    """A running service that has read things a to e, of which e was erased."""
    made = _service(deployment)
    await deployment.publish(STATE, *(thing(id_, 1, 1) for id_ in "abcde"), thing("a", 2, 2), erased("e", 2))
    async with made.running(["streams"]):
        await eventually(lambda: _values(made, {"a": 2, "b": 1, "c": 1, "d": 1}))
        yield made


async def _values(service: Service, wanted: dict[str, int]) -> bool:
    return await _all(service) == wanted


async def _all(service: Service) -> dict[str, int]:
    return {row["_id"]: row["value"] async for row in service.database.collection("things").find()}


def _subscription(service: Service) -> Subscription:
    return service.streams.subscriptions[0]


def _rebuild(service: Service) -> Rebuild:
    return Rebuild(service.database, service.settings, _subscription(service))


async def _break(service: Service) -> None:
    """What no event did: a row changed, one lost, one that is on no stream, one that was erased."""
    things = service.database.collection("things")
    await things.update_one({"_id": "a"}, {"$set": {"value": 99}})
    await things.delete_one({"_id": "b"})
    await things.insert_one({"_id": "x", "id": "x", "value": 7, "filling": "", "seq": 3})
    await things.insert_one({"_id": "e", "id": "e", "value": 1, "filling": "", "seq": 1})
    await service.database.collection("derived").delete_many({})


async def test_a_stream_that_lost_much_removes_nothing_unless_told_so(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "FEW", 1)
    await _break(service)

    with pytest.raises(RebuildError, match="2 of 5 rows of things are on no stream"):
        await _rebuild(service).run()
    assert "x" in await _all(service)

    await _rebuild(service).run(remove_many=True)
    assert await _all(service) == {"a": 2, "b": 1, "c": 1, "d": 1}


async def test_what_is_right_is_left_alone(service: Service) -> None:
    [outcome] = await _rebuild(service).run()

    assert (outcome.rows, outcome.stored, outcome.removed) == (4, 0, 0)


async def test_every_wrong_row_is_put_right_and_derived_again(service: Service) -> None:
    await _break(service)

    [outcome] = await _rebuild(service).run()

    assert await _all(service) == {"a": 2, "b": 1, "c": 1, "d": 1}
    assert sorted(outcome.ids) == ["a", "b", "e", "x"]
    derived = {row["_id"] async for row in service.database.collection("derived").find()}
    assert derived == {"a", "b", "e", "x"}


async def test_comparing_only_tells_and_changes_nothing(service: Service) -> None:
    await _break(service)
    broken = await _all(service)

    [outcome] = await _rebuild(service).run(compare_only=True)

    assert (outcome.stored, outcome.removed) == (2, 2)
    assert await _all(service) == broken


async def test_nothing_of_a_rebuild_is_left_behind(service: Service) -> None:
    await _rebuild(service).run()

    left = await service.database._db.list_collection_names()
    assert not [name for name in left if "rebuild" in name]
    assert await service.database.collection("_inbox").count_documents({"_id": {"$regex": "rebuild"}}) == 0


async def test_two_rebuilds_of_one_projection_do_not_meet(service: Service) -> None:
    first = _rebuild(service)
    assert await first._lease.acquire()

    with pytest.raises(Conflict):
        await _rebuild(service).run()


async def test_f21_a_rebuild_while_events_keep_coming_ends_with_what_the_stream_says(
    deployment: Deployment, service: Service
) -> None:
    await _break(service)
    load = asyncio.create_task(_load(deployment))

    [outcome] = await _rebuild(service).run()
    await load

    wanted = {"a": 2, "b": 1, "c": 1, "d": 1, **{f"n{n}": 20 for n in range(50) if n % 5}}
    await eventually(lambda: _values(service, wanted))
    assert outcome.wrong >= 4
    assert (await _rebuild(service).run(compare_only=True))[0].wrong == 0


async def _load(deployment: Deployment) -> None:
    """Fifty new things of twenty states each, a fifth of them erased at the end."""
    for seq in range(1, 21):
        await deployment.publish(STATE, *(thing(f"n{n}", seq, seq) for n in range(50)))
    await deployment.publish(STATE, *(erased(f"n{n}", 21) for n in range(0, 50, 5)))


async def test_f21_an_erasure_that_the_shadow_has_not_met_is_not_undone(
    deployment: Deployment, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _erase_after_reading(deployment, service, monkeypatch)

    await _rebuild(service).run()

    assert await _all(service) == {"a": 2, "b": 1, "c": 1}


async def test_f21_a_rebuild_that_asks_only_the_rows_brings_the_erased_back(
    deployment: Deployment, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: without the consumer's own memory, a row that is gone looks like one that is missing."""

    async def nothing(*_: object) -> dict[str, int]:
        return {}

    _erase_after_reading(deployment, service, monkeypatch)
    monkeypatch.setattr(Rebuild, "_known", nothing)

    await _rebuild(service).run()

    assert "d" in await _all(service)


def _erase_after_reading(deployment: Deployment, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Rebuild._read

    async def read_then_erase(self: Rebuild) -> None:
        await read(self)
        await deployment.publish(STATE, erased("d", 2))
        await eventually(lambda: _values(service, {"a": 2, "b": 1, "c": 1}))

    monkeypatch.setattr(Rebuild, "_read", read_then_erase)


async def test_f21_a_handler_that_publishes_or_writes_elsewhere_is_refused(deployment: Deployment) -> None:
    async def tells(events: Sequence[Event[Any]], tx: Transaction) -> None:
        await tx.publish(STATE, [outgoing("z", 1, 1)])

    async def strays(events: Sequence[Event[Any]], tx: Transaction) -> None:
        await put_newer(tx, "others", {str(e.subject): (e.seq, _row(e.data)) for e in events})

    await deployment.publish(STATE, thing("a", 1, 1))
    for handler in (tells, strays):
        made = toy(deployment, STATE, handler, projections=("things",))
        await made.prepare()
        rebuilding = _rebuild(made)
        rebuilding._again._patience = 0
        with pytest.raises(RebuildError):
            await rebuilding.run()


async def test_a_stream_of_facts_cannot_be_rebuilt_from(deployment: Deployment) -> None:
    made = toy(deployment, FACTS, follow, projections=("things",))

    with pytest.raises(Conflict):
        _rebuild(made)


@pytest.fixture
async def compacting(own_broker: Kafka, infrastructure: Shared, prefix: Any) -> AsyncIterator[Deployment]:
    """A deployment whose topic of state is compacted at once, tombstones too."""
    made = Deployment(own_broker.address, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(STATE, FACTS)
    admin = AIOKafkaAdminClient(bootstrap_servers=own_broker.address)
    await admin.start()
    quick = {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.001",
        "min.compaction.lag.ms": "0",
        "max.compaction.lag.ms": "200",
        "delete.retention.ms": "0",
    }
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, made.name(STATE), configs=quick)])
    await admin.close()
    yield made
    made.close()


async def test_f22_compaction_during_a_rebuild_leaves_the_last_state_and_no_erased_thing(
    compacting: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = _service(compacting)
    await service.prepare()
    await service.database.collection("things").insert_one({"_id": "gone", "id": "gone", "value": 1, "seq": 1})
    monkeypatch.setattr(rebuild, "committed_records", _while_compaction_runs(compacting, rebuild.committed_records))
    await compacting.publish(STATE, thing("gone", 1, 1), erased("gone", 2))
    await compacting.publish(STATE, *(thing(f"s{n}", seq, seq) for seq in range(1, 6) for n in range(20)))

    await _rebuild(service).run()

    assert await _all(service) == {f"s{n}": 5 for n in range(20)}


def _while_compaction_runs(deployment: Deployment, whole: Any) -> Any:
    """Reads a part, waits until the cleaner has been at the rest, and reads on."""

    async def read(settings: Any, topic: str, told: Any) -> AsyncIterator[Any]:
        compacted = False
        async for batch in whole(settings.model_copy(update={"batch_size": 5}), topic, told):
            yield batch
            if not compacted:
                await eventually(lambda: _compacted(deployment), within=60)
                compacted = True

    return read


async def _compacted(deployment: Deployment) -> bool:
    """Whether old states are gone; a record more rolls the segment, which alone can be cleaned."""
    await deployment.publish(STATE, *(thing("s0", 5, 5), thing("s1", 5, 5)))
    return len([event for event in await deployment.events(STATE) if (event.seq or 0) < 4]) < 10
