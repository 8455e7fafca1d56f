"""FastStream's broker as we need it: never acknowledged before the effect, never lost to a bad header."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLScram512

from chassis import telemetry
from chassis.consumer import Consumer
from chassis.freshness import Notes
from chassis.logs import get_logger
from chassis.settings import ChassisSettings

log = get_logger(__name__)

METADATA_MS = 30_000
"""So long at most a reader takes to find a topic that was made anew: kept at five minutes it would look dead."""
POLL_MS = 1000
FASTSTREAM_POLL_MS = 5
"""FastStream sleeps this long, deaf, after an empty poll; ours blocks for `POLL_MS` inside it."""
HUNG_AFTER_SECONDS = 60.0
ANSWER_SECONDS = 2.0
BROKER_PAUSE_SECONDS = 1.0
UNDO_SECONDS = 5.0
GIVE_WAY_SECONDS = 5.0
"""So long at most a batch is held back for others, so that it is late but never starves."""


class WatchedConsumer(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka has no types
    """A consumer that waits for records instead of sleeping, and tells when it last asked."""

    polled_at = 0.0
    applied: Mapping[int, int] = MappingProxyType({})
    """By partition, up to where everything has had its effect."""

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        """Records by partition; waits up to `POLL_MS` for the first.

        Whoever asks is through with what it got before; what failed it has sought back to.
        """
        self.polled_at = time.monotonic()
        self.applied = {
            tp.partition: position for tp in self.assignment() if (position := _position(self, tp)) is not None
        }
        return await super().getmany(*partitions, timeout_ms=POLL_MS, max_records=max_records)


class Drain(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Lets the batch in hand end before its partitions go to another process."""

    def __init__(self, consumer: Consumer, wait_seconds: float, settled: Callable[..., Awaitable[None]]) -> None:
        self._consumer, self._wait, self._settled = consumer, wait_seconds, settled
        self.revoked_at: float | None = None

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Wait, bounded; what still runs then is made harmless by the inbox."""
        del revoked
        self.revoked_at = time.monotonic()
        while self._consumer.busy_since is not None and time.monotonic() - self.revoked_at < self._wait:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """The group has settled."""
        self.revoked_at = None
        with suppress(KafkaError):
            await self._settled(assigned)


class Subscriber:
    """One consumer in its group, with what health asks of it."""

    def __init__(self, broker: KafkaBroker, consumer: Consumer, settings: ChassisSettings, group: str) -> None:
        self.consumer, self.group, self._settings = consumer, group, settings
        self.others: Sequence[Consumer] = ()
        """Those that it lets go first, where it gives way."""
        self.waiting = False
        self._drain = Drain(consumer, settings.graceful_seconds, self._tell_lost)
        self._subscriber = broker.subscriber(
            settings.topic_prefix + consumer.subscription.topic.name,
            group_id=group,
            group_instance_id=f"{settings.instance}.{group}" if settings.instance else None,
            batch=True,
            batch_timeout_ms=FASTSTREAM_POLL_MS,
            max_records=settings.batch_size,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=int(settings.session_timeout_seconds * 1000),
            heartbeat_interval_ms=int(min(3, settings.session_timeout_seconds / 3) * 1000),
            max_poll_interval_ms=int(settings.max_poll_interval_seconds * 1000),
            ack_policy=AckPolicy.NACK_ON_ERROR,
            parser=self._parse,
            decoder=_undecoded,
            listener=self._drain,
        )
        self._subscriber(self._handle)

    @property
    def _kafka(self) -> WatchedConsumer | None:
        found: WatchedConsumer | None = self._subscriber.consumer
        return found

    async def _parse(self, records: tuple[ConsumerRecord[Any, Any], ...]) -> KafkaAckableMessage:
        """The records as they are; decoding is ours, so that a bad header cannot lose a record."""
        return KafkaAckableMessage(body=b"", raw_message=records, consumer=self._kafka)

    async def _handle(self, message: KafkaMessage) -> None:
        records = message.raw_message
        if self.consumer.subscription.gives_way:
            await self._give_way()
        await self.consumer.consume(records if isinstance(records, tuple) else (records,))

    async def _tell_lost(self, assigned: Iterable[TopicPartition]) -> None:
        """What retention has removed before this group read it: the client goes on behind it without a word."""
        consumer = cast("WatchedConsumer", self._kafka)
        for tp, start in (await consumer.beginning_offsets(assigned)).items():
            read = await consumer.committed(tp)
            if read is not None and read < start:
                telemetry.LOST.labels(self.consumer.subscription.topic.name).inc(start - read)
                log.error("stream.lost", group=self.group, partition=tp.partition, records=start - read)

    async def _give_way(self) -> None:
        until = time.monotonic() + GIVE_WAY_SECONDS
        while time.monotonic() < until and any(one.crowded for one in self.others):
            self.waiting = True
            await asyncio.sleep(0.02)
        self.waiting = False

    async def halted(self) -> str | None:
        """Why it reads no further; None while it does."""
        return self.consumer.halted

    async def hung(self) -> str | None:
        """Why this consumer must be taken for dead; None while it is well."""
        consumer, busy = self._kafka, self.consumer.busy_since
        if consumer is None or not consumer.polled_at:
            return None
        moment = time.monotonic()
        if busy is None and moment - consumer.polled_at > HUNG_AFTER_SECONDS:
            return f"{self.group} has not asked for records for {moment - consumer.polled_at:.0f} s"
        if busy is not None and moment - busy > self._settings.max_poll_interval_seconds:
            return f"{self.group} has been at one batch for {moment - busy:.0f} s"
        revoked = self._drain.revoked_at
        if revoked is not None and moment - revoked > HUNG_AFTER_SECONDS:
            return f"{self.group} has had no assignment for {moment - revoked:.0f} s"
        return None

    def watch(self) -> None:
        """Bring the lag metric up to date."""
        if consumer := self._kafka:
            lag = sum(_lag(consumer, tp) for tp in consumer.assignment())
            telemetry.CONSUMER_LAG.labels(self.consumer.subscription.topic.name).set(lag)

    async def note(self, notes: Notes, at: datetime) -> None:
        """Note up to when it has applied all, at a moment by the database's clock."""
        consumer = self._kafka
        if consumer is None or not (assigned := consumer.assignment()):
            return
        ends = await consumer.end_offsets(assigned)
        count = len(consumer.partitions_for_topic(next(iter(assigned)).topic) or assigned)
        await notes.note(at, {tp.partition: end for tp, end in ends.items()}, consumer.applied, count)


def client_options(settings: ChassisSettings) -> dict[str, Any]:
    """What every client of Kafka is opened with: where it is, and how the two know each other."""
    return {"bootstrap_servers": settings.kafka, **parse_security(_security(settings))}


def _security(settings: ChassisSettings) -> BaseSecurity | None:
    tls = ssl.create_default_context(cafile=settings.kafka_tls_ca) if settings.kafka_tls else None
    if settings.kafka_username is None:
        return BaseSecurity(tls) if tls else None
    password = settings.kafka_password.get_secret_value()
    return SASLScram512(settings.kafka_username, password, ssl_context=tls, use_ssl=tls is not None)


def open_broker(settings: ChassisSettings) -> KafkaBroker:
    """A broker that makes no topics and gives handlers time to end."""
    return KafkaBroker(
        settings.kafka,
        security=_security(settings),
        allow_auto_create_topics=False,
        metadata_max_age_ms=METADATA_MS,
        graceful_timeout=settings.graceful_seconds,
        logger=None,
    )


@asynccontextmanager
async def open_admin(settings: ChassisSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected client that manages topics. Raises `KafkaError` where no broker answers."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def wait_for_broker(settings: ChassisSettings) -> None:
    """Return once Kafka answers. A process that is started while it is away must serve what needs no Kafka."""
    told = False
    while True:
        try:
            async with open_admin(settings):
                return
        except KafkaError as error:
            if not told:
                log.warning("streams.waiting", error=type(error).__name__)
            told = True
            await asyncio.sleep(BROKER_PAUSE_SECONDS)


class Presence:
    """Tells who hangs from who waits for a broker: a batch to be acknowledged, a record to be published."""

    def __init__(self, settings: ChassisSettings) -> None:
        self._settings, self._away_at = settings, float("-inf")

    async def was_away(self) -> bool:
        """Whether no broker answers, or none did within the last `HUNG_AFTER_SECONDS`: clients need a while to come back."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), open_admin(self._settings):
                pass
        except (KafkaError, TimeoutError):
            self._away_at = time.monotonic()
        return time.monotonic() - self._away_at < HUNG_AFTER_SECONDS


async def start_broker(broker: KafkaBroker) -> None:
    """Connect and consume, with our consumer class in FastStream's place for it.

    All at once: each waits for its group to settle, which takes seconds where other members are there.
    """
    await broker.connect()
    config = broker.config.broker_config
    made: Callable[..., AIOKafkaConsumer] = config.builder
    if not isinstance(made, partial):
        msg = "FastStream builds its consumers in another way than it did: chassis/kafka.py must follow"
        raise TypeError(msg)
    config.builder = partial(WatchedConsumer, **made.keywords)
    await asyncio.gather(*(subscriber.start() for subscriber in broker.subscribers))
    broker.running = True


async def stop_broker(broker: KafkaBroker, within: float) -> None:
    """Let batches in hand end or be undone, and leave the groups.

    To leave may take as long as another member takes to join: after `within` seconds it is given up.
    """
    batches = [task for subscriber in broker.subscribers for task in getattr(subscriber, "tasks", ())]
    try:
        await asyncio.wait_for(broker.stop(), within)
    except TimeoutError:
        log.warning("streams.left")
    if batches:
        # FastStream only asks them to end; the database must not be closed before they have.
        await asyncio.wait(batches, timeout=UNDO_SECONDS)


async def _undecoded(message: KafkaMessage) -> None:
    del message


def _lag(consumer: WatchedConsumer, partition: TopicPartition) -> int:
    end = consumer.highwater(partition)
    if end is None:
        return 0
    position = _position(consumer, partition)
    return 0 if position is None else max(0, int(end) - position)


def _position(consumer: WatchedConsumer, partition: TopicPartition) -> int | None:
    assignment = consumer._subscription.subscription.assignment  # noqa: SLF001 - position() would wait
    state = assignment.state_value(partition) if assignment else None
    return int(state.position) if state is not None and state.has_valid_position else None
