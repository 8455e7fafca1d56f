"""How far a consumer group is."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

PATIENCE_SECONDS = 300


async def settled(kafka: str, group: str, *, members: int) -> None:
    """Wait until the group has its members, all with partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await until(lambda: _is_settled(admin, group, members), f"{group} has not settled", pause=0.2)
    finally:
        await admin.close()


async def read_to_the_end(kafka: str, topic: str, partitions: int, group: str) -> float:
    """When the group's offsets, which follow the stored effects, have reached what are the topic's ends now."""
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=kafka), AIOKafkaConsumer(bootstrap_servers=kafka)
    await admin.start()
    await consumer.start()
    ends = await consumer.end_offsets([TopicPartition(topic, number) for number in range(partitions)])

    async def is_there() -> bool:
        offsets = await admin.list_consumer_group_offsets(group)
        # The marker of the transaction is the last of each partition, and read by nobody.
        return all(_offset(offsets, one) >= end - 1 for one, end in ends.items())

    try:
        return await until(is_there, f"{group} has not read all of {topic}")
    finally:
        await admin.close()
        await consumer.stop()


async def until(condition: Callable[[], Awaitable[bool]], otherwise: str, *, pause: float = 0.05) -> float:
    """When the condition held. Raises after five minutes."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not await condition():
        if time.perf_counter() > deadline:
            raise RuntimeError(otherwise)
        await asyncio.sleep(pause)
    return time.perf_counter()


async def _is_settled(admin: AIOKafkaAdminClient, group: str, members: int) -> bool:
    try:
        answer = (await admin.describe_consumer_groups([group]))[0].to_object()["groups"][0]
    except GroupCoordinatorNotAvailableError:
        return False
    return bool(answer["state"] == "Stable") and len(answer["members"]) == members


def _offset(offsets: Mapping[TopicPartition, Any], partition: TopicPartition) -> int:
    return int(offsets[partition].offset) if partition in offsets else 0
