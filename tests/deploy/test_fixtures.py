"""The fixtures that all other tests stand on."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from motor.motor_asyncio import AsyncIOMotorClient

from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually


async def test_the_shared_kafka_makes_topics(infrastructure: Shared, prefix: Prefix) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=infrastructure.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{prefix.topics}things.v1", 2, 1)])

        async def is_there() -> bool:
            return f"{prefix.topics}things.v1" in await admin.list_topics()

        assert await eventually(is_there)
    finally:
        await admin.close()


async def test_the_shared_mongodb_takes_transactions(infrastructure: Shared, prefix: Prefix) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(infrastructure.mongodb)
    things = client[f"{prefix.database}deploy"]["things"]
    async with await client.start_session() as session, session.start_transaction():
        await things.insert_one({"_id": 1}, session=session)

    assert await things.count_documents({}) == 1
    client.close()


async def test_eventually_fails_with_what_it_saw_last() -> None:
    with pytest.raises(AssertionError, match="last seen: 0"):
        await eventually(lambda: 0, within=0.05)


async def test_eventually_returns_what_came() -> None:
    seen = iter([None, "", "here"])

    assert await eventually(lambda: next(seen)) == "here"
