"""Up to where each service has read each stream: noted with a copy, and set back with it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sounding.backup.files import BackupError, Places

if TYPE_CHECKING:
    from aiokafka import TopicPartition
    from sounding_contracts.topics import Topic


async def noted(settings: Any, groups: Iterable[str]) -> Places:
    """The places of these consumer groups. Note them before the databases are copied: what is read twice has one effect."""
    from chassis.kafka import open_admin  # noqa: PLC0415 - slow

    found: Places = {}
    async with open_admin(settings) as admin:
        for group in groups:
            topics = found.setdefault(group, {})
            for partition, place in (await admin.list_consumer_group_offsets(group)).items():
                topics.setdefault(partition.topic, {})[str(partition.partition)] = place.offset
    return found


async def check_free(settings: Any, groups: "Mapping[str, Topic]") -> None:
    """Raises `BackupError` where somebody reads in one of these groups: the broker takes a place from nobody else then."""
    busy = [group for group, topic in groups.items() if not await _is_free(settings, group, topic)]
    if busy:
        raise BackupError(f"Stop all services first; still reading: {', '.join(busy)}.")


async def _is_free(settings: Any, group: str, topic: "Topic") -> bool:
    """Tried by noting a place where it stands: what describes groups in aiokafka cannot read what a broker answers."""
    from aiokafka import TopicPartition  # noqa: PLC0415 - slow
    from aiokafka.errors import (  # noqa: PLC0415
        CommitFailedError,
        IllegalGenerationError,
        RebalanceInProgressError,
        UnknownMemberIdError,
    )

    one = TopicPartition(settings.topic_prefix + topic.name, 0)
    async with _of_group(settings, group, [one]) as consumer:
        try:
            await consumer.commit({one: await consumer.committed(one) or 0})
        except (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError):
            return False
    return True


@asynccontextmanager
async def _of_group(settings: Any, group: str, partitions: "list[TopicPartition]") -> AsyncIterator[Any]:
    """A consumer that may read and move the places of a group, without joining it."""
    from aiokafka import AIOKafkaConsumer  # noqa: PLC0415 - slow

    from chassis.kafka import client_options  # noqa: PLC0415

    consumer = AIOKafkaConsumer(**client_options(settings), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        yield consumer
    finally:
        await consumer.stop()


async def set_back(settings: Any, groups: "Mapping[str, Topic]", places: Places) -> int:
    """Have each group read its topic from the noted places on, or from the start; how many partitions that are.

    Raises `BackupError` where somebody reads.
    """
    await check_free(settings, groups)
    return sum([await _set(settings, name, topic, places.get(name, {})) for name, topic in groups.items()])


async def _set(settings: Any, group: str, topic: "Topic", noted: dict[str, dict[str, int]]) -> int:
    from aiokafka import TopicPartition  # noqa: PLC0415 - slow

    name = settings.topic_prefix + topic.name
    partitions = [TopicPartition(name, number) for number in range(topic.partitions)]
    async with _of_group(settings, group, partitions) as consumer:
        first, last = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        wanted = {one: noted.get(name, {}).get(str(one.partition), 0) for one in partitions}
        # What was noted may be kept no more; a topic that was made anew begins at nothing.
        await consumer.commit({one: at if first[one] <= at <= last[one] else first[one] for one, at in wanted.items()})
    return len(partitions)


async def back_from_beyond(settings: Any, topic: "Topic", ours: tuple[str, ...]) -> dict[str, bool]:
    """Groups of ours whose place lies behind the end of a topic, since it was made anew or lost its records.

    Where nobody reads it is set back to the beginning (true). Who reads goes back by itself, once it asks for what is
    not there: set back by us it would be refused.
    """
    from aiokafka import TopicPartition  # noqa: PLC0415 - slow

    from chassis.kafka import open_admin  # noqa: PLC0415

    partitions = [TopicPartition(settings.topic_prefix + topic.name, number) for number in range(topic.partitions)]
    async with open_admin(settings) as admin:
        names = [str(group) for group, *_ in await admin.list_consumer_groups() if str(group).startswith(ours)]
        places = {name: await admin.list_consumer_group_offsets(name) for name in names}
    readers = [name for name in names if any(one in places[name] for one in partitions)]
    if not readers:
        return {}
    async with _of_group(settings, readers[0], partitions) as consumer:
        first, last = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    found = {}
    for name in readers:
        lost = [one for one in partitions if one in places[name] and places[name][one].offset > last[one]]
        if lost:
            found[name] = await _is_free(settings, name, topic)
            if found[name]:
                async with _of_group(settings, name, lost) as consumer:
                    await consumer.commit({one: first[one] for one in lost})
    return found
