"""Makes the topics and compares them with what they should be."""

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from sounding_contracts.topics import Topic

from chassis.kafka import open_admin
from chassis.settings import ChassisSettings

LEADER_SECONDS = 30


async def create(settings: ChassisSettings, topics: Iterable[Topic], *, replicas: int = -1) -> list[str]:
    """Make the topics that are missing; returns their full names. `replicas` -1: the broker's default."""
    wanted = [_new(settings, topic, replicas) for topic in topics]
    async with open_admin(settings) as admin:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            answer = await admin.create_topics(missing)
            for name, code, *message in answer.topic_errors:
                _raise_unless_made(name, code, message)
            await _led(admin, {topic.name: topic.num_partitions for topic in missing})
    return [topic.name for topic in missing]


async def faults(settings: ChassisSettings, topics: Iterable[Topic]) -> list[str]:
    """What is wrong with the topics that the broker has: missing ones, other partition counts."""
    async with open_admin(settings) as admin:
        wanted = {settings.topic_prefix + topic.name: topic.partitions for topic in topics}
        described = await admin.describe_topics(list(wanted))
        found = {entry["topic"]: len(entry["partitions"]) for entry in described if not entry["error_code"]}
    return [
        f"topic {name} is missing; run `sounding topics create`"
        if name not in found
        else f"topic {name} has {found[name]} partitions; it must have {count}"
        for name, count in wanted.items()
        if found.get(name) != count
    ]


async def delete(settings: ChassisSettings, topics: Iterable[Topic]) -> None:
    """Delete the topics; for tests and throw-away deployments."""
    async with open_admin(settings) as admin:
        await admin.delete_topics([settings.topic_prefix + topic.name for topic in topics])


async def _led(admin: AIOKafkaAdminClient, wanted: Mapping[str, int]) -> None:
    """Wait until every partition has its leader: the broker answers before that, and clients meet errors."""
    async with asyncio.timeout(LEADER_SECONDS):
        while True:
            described = await admin.describe_topics(list(wanted))
            led = {
                entry["topic"]: sum(part["error_code"] == 0 and part["leader"] >= 0 for part in entry["partitions"])
                for entry in described
            }
            if led == wanted:
                return
            await asyncio.sleep(0.05)


def _new(settings: ChassisSettings, topic: Topic, replicas: int) -> NewTopic:
    name = settings.topic_prefix + topic.name
    made = NewTopic(name=name, num_partitions=topic.partitions, replication_factor=1, topic_configs=topic.config)
    # -1 leaves it to the cluster; aiokafka's constructor takes that for nothing said at all.
    made.replication_factor = replicas
    return made


def _raise_unless_made(name: str, code: int, message: list[str | None]) -> None:
    error = for_code(code)
    if code and error is not TopicAlreadyExistsError:
        raise error(f"{name}: {' '.join(part for part in message if part)}")
