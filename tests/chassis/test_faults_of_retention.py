"""What a topic drops before a service has read it is gone: the service says so, and goes on with what is left."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from chassis.service import Service
from chassis.telemetry import LOST
from tests.chassis.toy import FACTS, add, fact, seen, toy
from tests.deployment import Deployment
from tests.waiting import eventually


def _lost() -> float:
    return float(LOST.labels(FACTS.name)._value.get())


async def _publish(deployment: Deployment, *values: int) -> None:
    await deployment.publish(FACTS, *(fact(f"e{value}", value) for value in values))


def _drop(deployment: Deployment, before: int) -> None:
    """As retention does, at once."""
    admin = AdminClient({"bootstrap.servers": deployment.settings.kafka})
    for dropped in admin.delete_records([TopicPartition(deployment.name(FACTS), 0, before)]).values():
        dropped.result(20)


async def _read_until(service: Service, last: int) -> list[int]:
    async def read() -> bool:
        return last in await seen(service)

    async with service.running(["streams"]):
        await eventually(read)
    return await seen(service)


async def test_records_dropped_while_it_was_away_are_told_and_the_rest_is_read(deployment: Deployment) -> None:
    service, before = toy(deployment, FACTS, add), _lost()
    await _publish(deployment, 1)
    await _read_until(service, 1)
    await _publish(deployment, 2, 3, 4)
    _drop(deployment, before=3)

    assert await _read_until(service, 4) == [1, 4]
    assert _lost() - before == 2


async def test_whoever_begins_late_or_has_read_all_that_was_dropped_has_lost_nothing(deployment: Deployment) -> None:
    service, before = toy(deployment, FACTS, add), _lost()
    await _publish(deployment, 1, 2)
    _drop(deployment, before=1)
    await _read_until(service, 2)
    _drop(deployment, before=2)
    await _publish(deployment, 3)

    assert await _read_until(service, 3) == [2, 3]
    assert _lost() == before
