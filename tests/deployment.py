"""A deployment of one test: its settings, its topics, and hands to publish and read with."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from pydantic import SecretStr
from sounding_contracts.envelope import AnyPayload, Event, decode, encode, record_headers
from sounding_contracts.topics import Topic

from chassis import auth, topics
from chassis.service import Service
from chassis.settings import ChassisSettings
from commons.tls import trusted
from tests.waiting import PATIENCE_SECONDS

KEY, API_KEY = auth.make_key("test", ["*"])
SIGNING_KEY = SecretStr("a signing key for tests only")


class Deployment:
    """One deployment on the Kafka and MongoDB given; nothing else has its prefixes."""

    def __init__(self, kafka: str, mongodb: str, topic_prefix: str, database_prefix: str, **more: Any) -> None:
        self.services: list[Service] = []
        self.settings = ChassisSettings(
            **{
                "kafka": kafka,
                "mongodb": SecretStr(mongodb),
                "topic_prefix": topic_prefix,
                "database_prefix": database_prefix,
                "http_port": 0,
                "api_keys": (API_KEY,),
                "signing_keys": (SIGNING_KEY,),
                "session_timeout_seconds": 6,
                "graceful_seconds": 5,
                "log_level": "warning",
                **more,
            }
        )

    def opened(self, service: Service) -> Service:
        """A service of this deployment, to be closed with it."""
        self.services.append(service)
        return service

    def close(self) -> None:
        """Close what the services hold."""
        for service in self.services:
            service.database.close()

    async def make(self, *wanted: Topic) -> None:
        """Make the topics."""
        await topics.create(self.settings, wanted, replicas=1)

    def name(self, topic: Topic) -> str:
        """A topic's name here."""
        return self.settings.topic_prefix + topic.name

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """A plain producer."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def publish(self, topic: Topic, *events: Event[Any], partition: int | None = None) -> None:
        """Publish events as their owner would, keyed by subject."""
        async with self.producer() as producer:
            for event in events:
                await producer.send(
                    self.name(topic),
                    key=(event.subject or event.id).encode(),
                    value=encode(event),
                    headers=record_headers(event),
                    partition=partition,
                )

    async def publish_raw(
        self,
        topic: Topic,
        *values: bytes | None,
        key: bytes | None = b"k",
        headers: Sequence[tuple[str, bytes | None]] = (),
        partition: int | None = None,
    ) -> None:
        """Publish bytes as a stranger might."""
        async with self.producer() as producer:
            for value in values:
                sent = await producer.send(
                    self.name(topic), key=key, value=value, headers=cast("Any", list(headers)), partition=partition
                )
                await sent

    async def records(self, topic: Topic) -> list[ConsumerRecord[bytes, bytes]]:
        """All committed records of a topic, partition by partition."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka, auto_offset_reset="earliest", isolation_level="read_committed"
        )
        await consumer.start()
        try:
            return [record async for record in _until_end(consumer, self.name(topic))]
        finally:
            await consumer.stop()

    async def events(self, topic: Topic) -> list[Event[Any]]:
        """All events of a topic, decoded."""
        types = {payload.type: payload for payload in topic.types}
        return [decode(record.value, record.headers, types, key=record.key) for record in await self.records(topic)]

    @asynccontextmanager
    async def client(self, service: Service, *only: str) -> AsyncIterator[httpx.AsyncClient]:
        """Run a service in this process, with a client that holds a key."""
        try:
            async with service.running(only) as port:
                base = f"http://127.0.0.1:{port}"
                headers = {"Authorization": f"Bearer {KEY}"}
                async with httpx.AsyncClient(
                    base_url=base, headers=headers, verify=trusted(), timeout=PATIENCE_SECONDS
                ) as client:
                    yield client
        finally:
            service.database.close()


async def _until_end(consumer: AIOKafkaConsumer, topic: str) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    from aiokafka import TopicPartition

    numbers = consumer.partitions_for_topic(topic) or set()
    while not numbers:
        await consumer._client.force_metadata_update()
        await asyncio.sleep(0.05)
        consumer._client.add_topic(topic)
        numbers = consumer.partitions_for_topic(topic) or set()
    partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, 0)
    while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
        for batch in (await consumer.getmany(timeout_ms=200)).values():
            for record in batch:
                yield record


def sync_body(
    *,
    id: str | None = None,
    source: str = "crm",
    subject: str | None = "c-1",
    time: str | None = "2026-11-23T10:00:00Z",
    **data: Any,
) -> bytes:
    """A customer.sync as an integration writes it."""
    body: dict[str, Any] = {
        "specversion": "1.0",
        "id": id or uuid.uuid4().hex,  # noqa: TID251
        "source": source,
        "type": "customer.sync",
        "data": data,
    }
    if subject is not None:
        body["subject"] = subject
    if time is not None:
        body["time"] = time
    return json.dumps(body).encode()


def payloads(events: Iterable[Event[AnyPayload]]) -> list[Any]:
    """The data of events."""
    return [event.data for event in events]
