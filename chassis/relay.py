"""The relay: publishes pending events in order, through a leased and fenced Kafka producer."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from chassis import pending, telemetry
from chassis.clock import now
from chassis.dead_letters import refused_row
from chassis.ids import new_id
from chassis.kafka import client_options
from chassis.logs import get_logger
from chassis.mongo import ASCENDING, Database, Document, DuplicateKeyError, ReturnDocument, Transaction
from chassis.settings import ChassisSettings

log = get_logger(__name__)

LEASES, TOPIC = "_leases", itemgetter("topic")
BATCH = 1000
HUNG_AFTER_SECONDS = 60.0
IDLE_SECONDS = 0.1
MAX_ERROR_PAUSE_SECONDS = 5.0
TRANSACTION_TIMEOUT_MS = 10_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseLostError(Exception):
    """Another relay may be at work on this shard: stop at once."""


class Lease:
    """The right to publish one shard, told by the database's clock, dropped early by our own."""

    def __init__(self, database: Database, name: str, seconds: float) -> None:
        self._rows, self._name, self._seconds = database.collection(LEASES), name, seconds
        self._holder = new_id()
        self._safe_until = 0.0

    async def acquire(self) -> bool:
        """Take it or extend it; false while another holds it."""
        asked_at = time.monotonic()
        free_or_ours = {"$or": [{"$lt": ["$until", "$$NOW"]}, {"$eq": ["$holder", self._holder]}]}
        until = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        taken = await self._rows.find_one_and_update(
            {"_id": self._name, "$expr": free_or_ours},
            [{"$set": {"holder": self._holder, "until": until}}],
            return_document=ReturnDocument.AFTER,
        )
        if taken is None:
            return await self._make_row() and await self.acquire()
        self._safe_until = asked_at + self._seconds * 0.8
        return True

    async def keep(self) -> None:
        """Extend when a third is gone. Raises `LeaseLostError`."""
        if time.monotonic() > self._safe_until - self._seconds * 0.47 and not await self.acquire():
            raise LeaseLostError
        self.check()

    def check(self) -> None:
        """Raises `LeaseLostError` where this process slept through its lease."""
        if time.monotonic() > self._safe_until:
            raise LeaseLostError

    async def release(self) -> None:
        """Let the next relay begin at once."""
        free = {"holder": "", "until": LONG_AGO}
        await self._rows.update_one({"_id": self._name, "holder": self._holder}, {"$set": free})

    async def _make_row(self) -> bool:
        """Whether it was missing; an upsert with `$expr` is not possible."""
        try:
            await self._rows.insert_one({"_id": self._name, "holder": "", "until": LONG_AGO})
        except DuplicateKeyError:
            return False
        return True


class Relay:
    """Publishes one shard of a service's pending events.

    Three rules keep a stale record from ever being the last of its key: the producer starts after the
    lease is taken, which fences the one before; rows are read after that, as of one moment; and all of
    a batch is removed in one transaction, so that what is left of a subject is always its newest part.
    """

    def __init__(self, database: Database, settings: ChassisSettings, service: str, shard: int = 0) -> None:
        self._database, self._settings = database, settings
        self.name = f"{settings.topic_prefix}{service}.relay.{shard}"
        self._max_bytes = settings.max_record_bytes
        self._lease = Lease(database, self.name, settings.lease_seconds)
        low, high = (pending.BUCKETS * part // settings.relay_shards for part in (shard, shard + 1))
        self._from, self._until = f"{low:02x}|", f"{high:02x}|" if high < pending.BUCKETS else "g"
        self._cursor = self._from
        self._wake = asyncio.Event()
        self.last_turn = time.monotonic()

    def wake(self) -> None:
        """Something was stored: look now, not at the next turn."""
        self._wake.set()

    async def hung(self) -> str | None:
        """Why this relay must be taken for dead; None while it is well."""
        silent = time.monotonic() - self.last_turn
        return f"{self.name} has made no turn for {silent:.0f} s" if silent > HUNG_AFTER_SECONDS else None

    async def run(self) -> None:
        """Publish until cancelled; every error is answered with a new lease and a new producer."""
        pause = IDLE_SECONDS
        while True:
            self.last_turn = time.monotonic()
            try:
                if await self._lease.acquire():
                    await self._hold()
                pause = IDLE_SECONDS
                await asyncio.sleep(self._settings.lease_seconds / 10)
            except LeaseLostError:
                log.warning("relay.lease_lost", relay=self.name)
            except Exception as error:  # noqa: BLE001 - whatever it was, a new producer is the way on
                telemetry.RELAY_ERRORS.inc()
                log.warning("relay.failed", relay=self.name, error=type(error).__name__, detail=str(error)[:300])
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_ERROR_PAUSE_SECONDS)

    async def _hold(self) -> None:
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            transactional_id=self.name,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_request_size=self._max_bytes + 100_000,
            max_batch_size=262_144,
            request_timeout_ms=10_000,
        )
        try:
            await producer.start()
            while True:
                await self._turn(producer)
        finally:
            await asyncio.shield(self._stop(producer))

    async def _stop(self, producer: AIOKafkaProducer) -> None:
        try:
            await asyncio.wait_for(producer.stop(), 5)
        except (TimeoutError, KafkaError):
            log.warning("relay.producer_left", relay=self.name)
        await self._lease.release()

    async def _turn(self, producer: AIOKafkaProducer) -> None:
        self.last_turn = time.monotonic()
        await self._lease.keep()
        self._wake.clear()
        at_start = self._cursor == self._from
        rows = await self._next_rows()
        if not rows:
            if at_start:
                await self._rest()
            return
        self._lease.check()
        await self._publish(producer, rows)
        await self._database.transact(lambda tx: _remove(tx, rows))

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
        except TimeoutError:
            return

    async def _next_rows(self) -> list[Document]:
        """The next batch of the sweep: whole keys, so that no subject is cut in the wrong place."""
        found = await self._read(self._cursor, BATCH)
        if len(found) < BATCH:
            self._cursor = self._from
            return in_order(found)
        last_key = found[-1]["partition_key"]
        found = [row for row in found if row["partition_key"] != last_key] or found
        self._cursor = found[-1]["_id"]
        return in_order(found)

    async def _read(self, after: str, limit: int) -> list[Document]:
        query = {"_id": {"$gt": after, "$lt": self._until}}
        return await self._database.snapshot_find(pending.COLLECTION, query, limit=limit)

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[Document]) -> None:
        with telemetry.span("relay.publish", links=_traces(rows)):
            async with producer.transaction():
                sent = [future for place in _places(rows) for future in await self._send(producer, *place)]
                await asyncio.gather(*sent)
        for topic, some in groupby(sorted(rows, key=TOPIC), TOPIC):
            telemetry.PUBLISHED.labels(topic).inc(len(list(some)))

    async def _send(
        self, producer: AIOKafkaProducer, topic: str, partition: int, rows: Sequence[Document]
    ) -> list[asyncio.Future[object]]:
        """In batches of our own: record by record would cost several times the work."""
        topic = self._settings.topic_prefix + topic
        batch, sent = producer.create_batch(), []
        for row in rows:
            if len(row["value"] or b"") > self._max_bytes:
                row["refused"] = f"the event is larger than {self._max_bytes:,} bytes"
                log.error("relay.record_refused", topic=row["topic"], subject=row["subject"], seq=row["seq"])
            elif not _append(batch, row):
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                _append(batch, row)
        if batch.record_count():
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        return sent


def _append(batch: BatchBuilder, row: Document) -> bool:
    """Whether there was room; an empty batch has it for any record."""
    key, headers = row["key"].encode(), pending.headers(row)
    return batch.append(timestamp=None, key=key, value=row["value"], headers=headers) is not None


def _places(rows: Sequence[Document]) -> Iterator[tuple[str, int, list[Document]]]:
    """The rows by topic and partition, in order within each."""
    places: dict[tuple[str, int], list[Document]] = {}
    for row in rows:
        partition = pending.partition(row["partition_key"], row["partitions"])
        places.setdefault((row["topic"], partition), []).append(row)
    for place, some in places.items():
        yield *place, some


def in_order(rows: Sequence[Document]) -> list[Document]:
    """Rows of whole keys as they happened: by time within a key, and by seq within a subject whatever clocks said."""
    ordered: list[Document] = []
    for _, of_key in groupby(rows, lambda row: row["partition_key"]):
        latest: dict[tuple[str, str], int] = {}
        stamped = []
        for place, row in enumerate(sorted(of_key, key=lambda row: (row["topic"], row["subject"], row["seq"]))):
            subject = (row["topic"], row["subject"])
            at = max(latest.get(subject, 0), int(row["at"].timestamp() * 1000))
            latest[subject] = at
            stamped.append((at, place, row))
        ordered += [row for *_, row in sorted(stamped, key=lambda entry: entry[:2])]
    return ordered


async def _remove(tx: Transaction, rows: Sequence[Document]) -> None:
    refused = [refused_row(row) for row in rows if "refused" in row]
    if refused:
        await tx.collection("_dead_letters").insert_many(refused, session=tx.session)
    await tx.collection(pending.COLLECTION).delete_many(
        {"_id": {"$in": [row["_id"] for row in rows]}}, session=tx.session
    )


async def watch(database: Database) -> None:
    """Bring the metrics of what waits up to date."""
    rows = database.collection(pending.COLLECTION)
    oldest = await rows.find_one(sort=[("at", ASCENDING)], projection={"at": 1})
    telemetry.PENDING_EVENTS.set(await rows.estimated_document_count())
    telemetry.PENDING_AGE.set((now() - oldest["at"]).total_seconds() if oldest else 0)


def _traces(rows: Sequence[Document]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row["traceparent"] for row in rows[:50] if row["traceparent"]))
