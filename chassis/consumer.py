"""The one way to read a topic: batch, decode, one transaction with inbox rows; one by one when that fails."""

import asyncio
import math
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sounding_contracts.envelope import DecodeError, Event, UnknownTypeError, decode
from sounding_contracts.topics import Kind

from chassis import telemetry
from chassis.clock import now
from chassis.dead_letters import Record, put_aside
from chassis.errors import Refusal, Unavailable
from chassis.logs import get_logger
from chassis.mongo import (
    ASCENDING,
    Database,
    Document,
    IndexModel,
    ReplaceOne,
    Transaction,
    Write,
    is_passing,
    unstorable,
)
from chassis.streams import Subscription

log = get_logger(__name__)

INBOX = "_inbox"
INBOX_DAYS = 45
INDEXES = [IndexModel([("at", ASCENDING)], expireAfterSeconds=int(timedelta(days=INBOX_DAYS).total_seconds()))]
FIRST_PAUSE_SECONDS = 0.05
MAX_PAUSE_SECONDS = 10.0
MAX_AHEAD = timedelta(minutes=5)
CROWD = 500
"""So many records at once mean that more are waiting."""
BETWEEN_BATCHES_SECONDS, AFTER_MANY_SECONDS = 0.1, 2.0


class DeadLetterFloodError(Exception):
    """So many records in a row were bad that the fault is more likely ours: stop, and let a person look."""


@dataclass(frozen=True, slots=True)
class Read:
    """A record and the event in it."""

    record: Record
    event: Event[Any]


class Consumer:
    """Applies the records of one subscription."""

    def __init__(
        self,
        subscription: Subscription,
        database: Database,
        *,
        dead_letter_limit: int = 0,
        patience_seconds: float = 60,
    ) -> None:
        self.subscription = subscription
        self._database = database
        self._types = {payload.type: payload for payload in subscription.topic.types}
        self._limit = dead_letter_limit
        self._patience = patience_seconds
        self._bad_in_a_row = 0
        self._pause = FIRST_PAUSE_SECONDS
        self._crowded_until = 0.0
        self.busy_since: float | None = None
        self.failing_since: float | None = None
        self.halted: str | None = None

    @property
    def crowded(self) -> bool:
        """Whether it is in the middle of many records, or anything here has just told of many changes."""
        return time.monotonic() < max(self._crowded_until, self._database.many_told_at + AFTER_MANY_SECONDS)

    async def consume(self, records: Sequence[Record]) -> None:
        """Apply records in order; returns when each has its effect stored or is a dead letter.

        Raises after `patience_seconds` of trouble that is not the records' own; whoever calls reads them again.
        """
        self.busy_since = time.monotonic()
        self._crowded_until = math.inf if len(records) >= CROWD else 0.0
        topic = self.subscription.topic.name
        try:
            with telemetry.BATCH_SECONDS.labels(topic).time(), telemetry.span(f"{topic} process"):
                await self._patiently(lambda: self._consume(records))
        finally:
            self.busy_since = None
            if self._crowded_until:
                self._crowded_until = time.monotonic() + BETWEEN_BATCHES_SECONDS

    async def apply_one(self, record: Record) -> None:
        """Apply one record, as a replay does. Raises the `Refusal` in its way; no dead letter is made."""
        try:
            read = Read(record, self._decode(record))
        except UnknownTypeError as error:
            code = "not-read"
            raise Refusal(code, error.reason, field=error.field) from error
        await self._apply([read])

    async def _patiently(self, work: Callable[[], Any]) -> None:
        give_up_at = time.monotonic() + self._patience
        while True:
            try:
                await work()
            except Exception as error:
                self._failed(error)
                if time.monotonic() + self._pause > give_up_at:
                    raise
            else:
                self.failing_since, self._pause = None, FIRST_PAUSE_SECONDS
                telemetry.CONSUMER_FAILING.labels(self.subscription.topic.name).set(0)
                return
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, MAX_PAUSE_SECONDS)

    def _failed(self, error: Exception) -> None:
        self.failing_since = self.failing_since or time.monotonic()
        topic = self.subscription.topic.name
        telemetry.CONSUMER_FAILING.labels(topic).set(time.monotonic() - self.failing_since)
        known = is_passing(error) or isinstance(error, DeadLetterFloodError)
        code = getattr(error, "code", None)
        log.error(
            "consumer.failed", topic=topic, error=type(error).__name__, code=code, exc_info=None if known else error
        )

    async def _consume(self, records: Sequence[Record]) -> None:
        if self.halted:
            raise DeadLetterFloodError(self.halted)
        reads = []
        for record in records:
            try:
                reads.append(Read(record, self._decode(record)))
            except UnknownTypeError:
                telemetry.EVENTS.labels(self.subscription.topic.name, "unknown_type").inc()
            except Refusal as refusal:
                await self._refuse(record, refusal)
        await self._in_lanes(reads)

    async def _in_lanes(self, reads: Sequence[Read]) -> None:
        """Apply in several transactions at once, so that one computes while another waits for the store."""
        if self.subscription.lanes == 1:
            await self._divide(reads)
            return
        lanes: dict[int, list[Read]] = {}
        for read in reads:
            lanes.setdefault(zlib.crc32(read.record.key or b"") % self.subscription.lanes, []).append(read)
        outcomes = await asyncio.gather(*(self._divide(lane) for lane in lanes.values()), return_exceptions=True)
        for fault in outcomes:
            if fault is not None:
                raise fault

    def _decode(self, record: Record) -> Event[Any]:
        try:
            event = decode(record.value, record.headers, self._types, key=record.key)
            return _timed(event, record) if self.subscription.topic.from_outside else event
        except UnknownTypeError:
            raise
        except DecodeError as error:
            code = "not-readable"
            raise Refusal(code, error.reason, field=error.field) from error

    async def _divide(self, reads: Sequence[Read]) -> None:
        """Apply all at once; where that fails, halves, so that the bad one is found and the order kept."""
        if not reads:
            return
        try:
            await self._apply(reads)
        except Exception as error:
            if isinstance(error, Unavailable) or is_passing(error):
                raise
            if len(reads) == 1:
                await self._judge(reads[0], error)
                return
        else:
            self._bad_in_a_row = 0
            return
        middle = len(reads) // 2
        await self._divide(reads[:middle])
        await self._divide(reads[middle:])

    async def _judge(self, read: Read, error: Exception) -> None:
        """A refusal or data that no store takes is the record's fault; anything else is ours and is tried again."""
        if isinstance(error, Refusal):
            await self._refuse(read.record, error, read.event.subject)
        elif unstorable(error):
            code = "not-storable"
            await self._refuse(read.record, Refusal(code, f"cannot be stored: {error}"), read.event.subject)
        else:
            raise error

    async def _refuse(self, record: Record, refusal: Refusal, subject: str | None = None) -> None:
        self._bad_in_a_row += 1
        if self._limit and self._bad_in_a_row > self._limit:
            self.halted = f"{self._limit} bad records in a row on {record.topic}; the last: {refusal}"
            raise DeadLetterFloodError(self.halted)
        purpose, topic = self.subscription.purpose, self.subscription.topic.name
        reason = str(refusal)
        if await put_aside(self._database, purpose, record, code=refusal.code, reason=reason, subject=subject):
            telemetry.DEAD_LETTERS.labels(topic, refusal.code).inc()
        telemetry.EVENTS.labels(topic, "dead_letter").inc()

    async def _apply(self, reads: Sequence[Read]) -> None:
        parents = tuple({read.event.traceparent for read in reads if read.event.traceparent})
        with telemetry.span(f"apply {self.subscription.purpose}", parent=parents[0] if len(parents) == 1 else None):
            applied = await self._database.transact(lambda tx: self._in(tx, reads))
        telemetry.EVENTS.labels(self.subscription.topic.name, "applied").inc(applied)
        telemetry.EVENTS.labels(self.subscription.topic.name, "known").inc(len(reads) - applied)

    async def _in(self, tx: Transaction, reads: Sequence[Read]) -> int:
        kind = StateInbox if self.subscription.topic.kind is Kind.STATE else FactInbox
        inbox = kind(self.subscription.purpose)
        events, rows = await inbox.unknown(tx, reads)
        if events:
            ids = await self.subscription.handler(events, tx)
            if self.subscription.derive is not None and ids is not None:
                await self.subscription.derive(tx, set(ids))
        await inbox.remember(tx, rows)
        return len(events)


class FactInbox:
    """Knows every event by source and id for 45 days."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose

    async def unknown(self, tx: Transaction, reads: Sequence[Read]) -> tuple[list[Event[Any]], list[Document]]:
        """The events not met before, in order, and the rows that remember them."""
        by_id = {f"{self._purpose}|{read.event.source}|{read.event.id}": read.event for read in reversed(reads)}
        known = await _found(tx, list(by_id), {"_id": 1})
        fresh = [(id_, event) for id_, event in reversed(by_id.items()) if id_ not in known]
        at = now()
        return [event for _, event in fresh], [{"_id": id_, "at": at} for id_, _ in fresh]

    async def remember(self, tx: Transaction, rows: list[Document]) -> None:
        """Store the rows."""
        if rows:
            await tx.collection(INBOX).insert_many(rows, session=tx.session)


class StateInbox:
    """Knows the highest `seq` of every subject, for ever: also of the erased, so that none comes back."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose

    async def unknown(self, tx: Transaction, reads: Sequence[Read]) -> tuple[list[Event[Any]], list[Document]]:
        """The newest event of each subject where it is newer than what is known, and the rows that remember it."""
        newest: dict[str, Event[Any]] = {}
        for read in reads:
            id_ = f"{self._purpose}|{read.event.subject}"
            if id_ not in newest or _seq(read.event) >= _seq(newest[id_]):
                newest[id_] = read.event
        known = {id_: row["seq"] for id_, row in (await _found(tx, list(newest), {"seq": 1})).items()}
        fresh = {id_: event for id_, event in newest.items() if _seq(event) > known.get(id_, 0)}
        rows = [{"_id": id_, "seq": event.seq} for id_, event in fresh.items() if event.seq is not None]
        return list(fresh.values()), rows

    async def remember(self, tx: Transaction, rows: list[Document]) -> None:
        """Store the rows."""
        writes: list[Write] = [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows]
        if writes:
            await tx.collection(INBOX).bulk_write(writes, session=tx.session)


def _timed(event: Event[Any], record: Record) -> Event[Any]:
    """An event from outside without a time gets the broker's; one far ahead of it would win for ever, so it is cut."""
    received = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    latest = received + MAX_AHEAD
    if event.time is not None and event.time <= latest:
        return event
    return replace(event, time=received if event.time is None else latest)


def _seq(event: Event[Any]) -> float:
    """A bare tombstone carries no seq: it stands after all that came before it."""
    return float("inf") if event.seq is None else event.seq


async def _found(tx: Transaction, ids: list[str], fields: Document) -> dict[str, Document]:
    cursor = tx.collection(INBOX).find({"_id": {"$in": ids}}, fields, session=tx.session)
    return {row["_id"]: row async for row in cursor}
