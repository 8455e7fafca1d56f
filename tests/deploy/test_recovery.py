"""Kafka and MongoDB come back after kill -9, with their data, at the same address."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod


async def test_kafka_keeps_acknowledged_records_through_kill_9(own_broker: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=own_broker.address)
    await admin.start()
    await admin.create_topics([NewTopic("things.v1", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=own_broker.address, acks="all")
    await producer.start()
    await producer.send_and_wait("things.v1", b"kept")
    await producer.stop()

    own_broker.kill()
    await asyncio.to_thread(own_broker.start)
    await asyncio.to_thread(own_broker.wait_ready)

    consumer = AIOKafkaConsumer(bootstrap_servers=own_broker.address)
    await consumer.start()
    consumer.assign([TopicPartition("things.v1", 0)])
    await consumer.seek_to_beginning()
    assert (await consumer.getone()).value == b"kept"
    await consumer.stop()


async def test_mongodb_keeps_acknowledged_writes_through_kill_9(own_mongod: Mongod) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(own_mongod.address)
    await client["deploy"]["things"].insert_one({"_id": "kept"})

    own_mongod.kill()
    await asyncio.to_thread(own_mongod.start)
    await asyncio.to_thread(own_mongod.wait_ready)

    assert await client["deploy"]["things"].find_one() == {"_id": "kept"}
    client.close()


async def test_a_paused_mongodb_goes_on(own_mongod: Mongod) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(own_mongod.address)
    own_mongod.pause()
    write = asyncio.ensure_future(client["deploy"]["things"].insert_one({"_id": "late"}))
    done, _ = await asyncio.wait([write], timeout=0.3)

    own_mongod.resume()

    assert not done
    assert (await write).inserted_id == "late"
    client.close()
