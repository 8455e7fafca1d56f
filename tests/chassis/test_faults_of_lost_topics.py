"""A topic that is made anew while MongoDB is whole: what becomes of the places up to which its readers have read."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis import kafka, topics
from chassis.service import Service
from sounding.backup.places import back_from_beyond
from tests.chassis.toy import STATE, keep, thing, toy
from tests.deployment import Deployment
from tests.waiting import eventually

GROUP = "toy.things"


async def _applied(service: Service) -> int:
    row = await service.database.collection("things").find_one({"_id": "applied"})
    return row["count"] if row else 0


async def _has(service: Service, count: int) -> bool:
    return await _applied(service) == count


async def _places(deployment: Deployment) -> list[int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=deployment.settings.kafka)
    await admin.start()
    found = await admin.list_consumer_group_offsets(deployment.settings.topic_prefix + GROUP)
    await admin.close()
    return sorted(place.offset for place in found.values())


async def _tell(deployment: Deployment, prefix: str, count: int) -> None:
    await deployment.publish(STATE, *(thing(f"{prefix}{number}", 1, number) for number in range(count)))


async def _lose(deployment: Deployment) -> None:
    await topics.delete(deployment.settings, [STATE])

    async def gone() -> bool:
        return bool(await topics.faults(deployment.settings, [STATE])) and not await _places(deployment)

    await eventually(gone)


async def _stand_at(deployment: Deployment, place: int) -> None:
    """The group's place outlives the records, as where a disk with a topic was lost and not that with the places."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=deployment.settings.kafka,
        group_id=deployment.settings.topic_prefix + GROUP,
        enable_auto_commit=False,
    )
    await consumer.start()
    partitions = [TopicPartition(deployment.name(STATE), number) for number in range(STATE.partitions)]
    consumer.assign(partitions)
    await consumer.commit(dict.fromkeys(partitions, place))
    await consumer.stop()


async def test_a_running_reader_finds_a_topic_that_was_made_anew_and_reads_all_of_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "METADATA_MS", 1_000)
    service = toy(deployment, STATE, keep)
    await _tell(deployment, "old", 40)
    async with service.running(["streams"]):
        await eventually(lambda: _has(service, 40))
        await _lose(deployment)
        await deployment.make(STATE)
        await _tell(deployment, "new", 10)

        await eventually(lambda: _has(service, 50))


async def test_a_reader_that_stands_behind_the_end_begins_anew_by_itself(deployment: Deployment) -> None:
    service = toy(deployment, STATE, keep)
    await _stand_at(deployment, 5_000)
    await _tell(deployment, "new", 10)
    async with service.running(["streams"]):
        await eventually(lambda: _has(service, 10))

    assert max(await _places(deployment)) <= 10


@pytest.mark.parametrize("looked_first", [True, False])
async def test_a_reader_that_was_away_misses_what_is_told_up_to_its_old_place_unless_that_is_set_back_first(
    deployment: Deployment, looked_first: bool
) -> None:
    await _stand_at(deployment, 20)
    ours = (f"{deployment.settings.topic_prefix}toy.",)
    if looked_first:
        assert list((await back_from_beyond(deployment.settings, STATE, ours)).values()) == [True]
    await _tell(deployment, "new", 60)
    ends = [record.offset for record in await deployment.records(STATE)]
    service = toy(deployment, STATE, keep)
    missed = 0 if looked_first else sum(offset < 20 for offset in ends)
    async with service.running(["streams"]):
        await eventually(lambda: _has(service, 60 - missed))

    assert await back_from_beyond(deployment.settings, STATE, ours) == {}
    assert (missed > 0) is not looked_first


async def test_who_reads_now_is_told_of_and_left_alone(deployment: Deployment) -> None:
    service = toy(deployment, STATE, keep)
    await _stand_at(deployment, 5_000)
    async with service.running(["streams"]):
        found = await back_from_beyond(deployment.settings, STATE, (deployment.settings.topic_prefix,))
        await _tell(deployment, "new", 10)

        assert found == {deployment.settings.topic_prefix + GROUP: False}
        await eventually(lambda: _has(service, 10))
