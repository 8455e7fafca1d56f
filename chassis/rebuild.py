"""Makes a projection anew from its stream, beside the running service, and puts right what differs.

The running consumer keeps writing the projection meanwhile, so nothing is switched: the whole stream is
applied to a shadow, then each row is compared in a transaction that sees what the consumer knows by then.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from chassis.consumer import INBOX, Consumer
from chassis.dead_letters import Record
from chassis.errors import Conflict, Refusal
from chassis.kafka import client_options
from chassis.logs import get_logger
from chassis.mongo import ASCENDING, Collection, Database, DeleteOne, Document, ReplaceOne, Transaction, Write
from chassis.pending import Outgoing, Stream
from chassis.relay import LONG_AGO, Lease
from chassis.settings import ChassisSettings
from chassis.streams import Kind, Subscription

log = get_logger(__name__)

BATCH = 500
LEASE_SECONDS = 60.0
POLL_MS = 500
MAX_SWEEPS = 5
FEW, MOST = 100, 10
"""Rows that are on no stream: more than a few, and more than one in so many, look like half a stream."""
Told = Callable[[str, int, int], None]
"""Called with a step, how far it is, and how much there is to do (0: unknown)."""


class RebuildError(Exception):
    """The projection could not be brought to what its stream says; the text says why."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a rebuild found. `stored` and `removed` are rows that were wrong, put right unless only compared."""

    collection: str
    records: int = 0
    unreadable: int = 0
    rows: int = 0
    stored: int = 0
    removed: int = 0
    ids: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """Rows that were not what the stream says."""
        return self.stored + self.removed


class Shadow(Transaction):
    """A transaction in which a projection's name stands for its shadow, and nothing else can be written."""

    def __init__(self, database: Database, tx: Transaction, names: Mapping[str, str]) -> None:
        super().__init__(database, tx.session)
        self._names = names

    def collection(self, name: str) -> Collection:
        """The shadow of a projection. Raises for a collection that the handler has not named as one."""
        if name not in self._names:
            msg = f"a handler of projections uses {name}, which is not one of them: {', '.join(self._names)}"
            raise RebuildError(msg)
        return super().collection(self._names[name])

    async def publish(self, stream: Stream, events: Iterable[Outgoing]) -> None:
        """Raises: what was published once is not published again."""
        del events
        msg = f"a handler of projections publishes on {stream.name}: that belongs into what it derives"
        raise RebuildError(msg)


class _Again(Consumer):
    """A consumer that puts nothing aside: that was done when the records were read first."""

    unreadable = 0

    async def _refuse(self, record: Record, refusal: Refusal, subject: str | None = None) -> None:
        del record, refusal, subject
        self.unreadable += 1


class Rebuild:
    """One rebuild of the projections of one subscription."""

    def __init__(
        self, database: Database, settings: ChassisSettings, subscription: Subscription, *, told: Told | None = None
    ) -> None:
        if not subscription.projections or subscription.topic.kind is not Kind.STATE:
            code, reason = "not-rebuildable", f"{subscription.purpose} has no projection of a state stream"
            raise Conflict(code, reason)
        self._database, self._settings, self._subscription = database, settings, subscription
        self._told: Told = told or (lambda *_: None)
        self._purpose = f"{subscription.purpose}.rebuild"
        self._shadows = {name: f"{name}__rebuild" for name in subscription.projections}
        self._lease = Lease(database, self._purpose, LEASE_SECONDS)
        self._again = _Again(replace(subscription, purpose=self._purpose, handler=self._handle, derive=None), database)
        self._records = 0

    async def run(self, *, compare_only: bool = False, remove_many: bool = False) -> list[Outcome]:
        """Rebuild and return what was wrong. Safe beside the running service and after being killed.

        Raises `Conflict` where another rebuild of the same is at work, `RebuildError` where the rows
        still differ after several sweeps, or where, without `remove_many`, so many would be removed that
        the stream cannot be whole.
        """
        if not await self._lease.acquire():
            code, reason = "rebuild-running", f"another rebuild of {self._subscription.purpose} is at work"
            raise Conflict(code, reason)
        try:
            await self._clear()
            for name in self._shadows:
                await self._note_what_is_there(name)
            await self._read()
            if not compare_only and not remove_many:
                await asyncio.gather(*map(self._check_whole, self._shadows))
            return [await self._settle(name, compare_only=compare_only) for name in self._shadows]
        finally:
            await self._clear()
            await self._lease.release()

    async def _handle(self, events: Sequence[Any], tx: Transaction) -> None:
        await self._subscription.handler(events, Shadow(self._database, tx, self._shadows))

    async def _clear(self) -> None:
        for shadow in self._shadows.values():
            await self._database.drop(shadow)
            await self._database.drop(_before(shadow))
        await self._database.collection(INBOX).delete_many(
            {"_id": {"$gte": f"{self._purpose}|", "$lt": f"{self._purpose}}}"}}
        )

    async def _note_what_is_there(self, name: str) -> None:
        """Before the ends of the stream are asked: a row noted here and not met by then is on no stream."""
        await self._database.ensure_indexes({self._shadows[name]: (), _before(self._shadows[name]): ()})
        stages: list[Document] = [{"$project": {"seq": 1}}, {"$out": _before(self._shadows[name])}]
        await self._database.collection(name).aggregate(stages).to_list(None)

    async def _read(self) -> None:
        async for batch in committed_records(self._settings, self._subscription.topic.name, self._told):
            await self._lease.keep()
            await self._again.consume(batch)
            self._records += len(batch)

    async def _check_whole(self, name: str) -> None:
        """What is on no stream may have been erased for good by whoever derives from it: not because a topic was lost."""
        before = self._database.collection(_before(self._shadows[name]))
        beside = {"from": self._shadows[name], "localField": "_id", "foreignField": "_id", "as": "found"}
        missing: list[Document] = [{"$lookup": beside}, {"$match": {"found": []}}, {"$count": "rows"}]
        counted = await before.aggregate(missing).to_list(None)
        gone, all_rows = sum(row["rows"] for row in counted), await before.estimated_document_count()
        if gone > FEW and gone * MOST > all_rows:
            msg = f"{gone:,} of {all_rows:,} rows of {name} are on no stream: is {self._subscription.topic.name} whole?"
            raise RebuildError(msg)

    async def _settle(self, name: str, *, compare_only: bool) -> Outcome:
        """Sweep until a sweep finds nothing wrong: the first puts right, the next proves it."""
        outcome = await self._sweep(name, compare_only=compare_only)
        for _ in range(MAX_SWEEPS):
            if compare_only:
                return outcome
            again = await self._sweep(name, compare_only=True)
            if not again.wrong:
                return outcome
            log.warning("rebuild.differs_again", collection=name, rows=again.wrong)
            await self._sweep(name, compare_only=False)
        msg = f"{name} still differs from its stream after {MAX_SWEEPS} sweeps: who else writes it?"
        raise RebuildError(msg)

    async def _sweep(self, name: str, *, compare_only: bool) -> Outcome:
        outcome = Outcome(collection=name, records=self._records, unreadable=self._again.unreadable)
        rows = self._database.collection(self._shadows[name])
        async for ids in _ids(rows):
            await self._lease.keep()
            outcome.rows += len(ids)
            wrong = await self._database.transact(partial(self._restore, name, ids, compare_only))
            outcome.stored += len(wrong)
            outcome.ids += wrong
            self._told("comparing", outcome.rows, 0)
        async for ids in _ids(self._database.collection(_before(self._shadows[name]))):
            await self._lease.keep()
            gone = await self._database.transact(partial(self._remove, name, ids, compare_only))
            outcome.removed += len(gone)
            outcome.ids += gone
        return outcome

    async def _restore(self, name: str, ids: list[str], compare_only: bool, tx: Transaction) -> list[str]:
        """Rows that are missing, or other than the stream says at the same seq; a later one is the consumer's."""
        shadow = await _rows(tx, self._shadows[name], ids)
        live, known = await _rows(tx, name, ids), await self._known(tx, ids)
        wrong = {
            id_: row
            for id_, row in shadow.items()
            if row != live.get(id_) and row["seq"] >= max(known.get(id_, 0), live.get(id_, {}).get("seq", 0))
        }
        if not compare_only:
            writes: list[Write] = [ReplaceOne({"_id": id_}, row, upsert=True) for id_, row in wrong.items()]
            await self._write(tx, name, writes, [live.get(id_) for id_ in wrong], list(wrong.values()))
        return list(wrong)

    async def _remove(self, name: str, ids: list[str], compare_only: bool, tx: Transaction) -> list[str]:
        """Rows that were there before the stream was read, are unchanged since, and are not on the stream."""
        before = await _rows(tx, _before(self._shadows[name]), ids)
        shadow, live = await _rows(tx, self._shadows[name], ids), await _rows(tx, name, ids)
        gone = {
            id_: live[id_]
            for id_, row in before.items()
            if id_ in live and id_ not in shadow and live[id_].get("seq") == row.get("seq")
        }
        if not compare_only:
            await self._write(tx, name, [DeleteOne({"_id": id_}) for id_ in gone], list(gone.values()), [])
        return list(gone)

    async def _write(
        self, tx: Transaction, name: str, writes: list[Write], old: list[Document | None], new: list[Document]
    ) -> None:
        if not writes:
            return
        await tx.collection(name).bulk_write(writes, session=tx.session)
        if self._subscription.derive is not None:
            named = self._subscription.derives_for
            ids = {row[named] for row in [*old, *new] if row is not None and row.get(named)}
            await self._subscription.derive(tx, ids)

    async def _known(self, tx: Transaction, ids: list[str]) -> dict[str, int]:
        """The seq that the running consumer has reached, also of what it has removed."""
        purpose = self._subscription.purpose
        found = await _rows(tx, INBOX, [f"{purpose}|{id_}" for id_ in ids])
        return {key.removeprefix(f"{purpose}|"): row["seq"] for key, row in found.items()}


def _before(shadow: str) -> str:
    return f"{shadow}_before"


async def _rows(tx: Transaction, name: str, ids: list[str]) -> dict[str, Document]:
    cursor = tx.collection(name).find({"_id": {"$in": ids}}, session=tx.session)
    return {row["_id"]: row async for row in cursor}


async def _ids(rows: Collection) -> AsyncIterator[list[str]]:
    """All ids, in pages."""
    last: Document = {}
    while True:
        page = await rows.find(last, {"_id": 1}).sort("_id", ASCENDING).limit(BATCH).to_list(None)
        if not page:
            return
        yield [row["_id"] for row in page]
        last = {"_id": {"$gt": page[-1]["_id"]}}


async def committed_records(
    settings: ChassisSettings, topic: str, told: Told = lambda *_: None, since: datetime = LONG_AGO
) -> AsyncIterator[list[ConsumerRecord[bytes, bytes]]]:
    """All records committed by now, in batches; without a group, so that nobody's place is moved. From `since` on by their time."""
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        partitions = await _partitions(consumer, settings.topic_prefix + topic)
        consumer.assign(partitions)
        wanted, ends = dict.fromkeys(partitions, int(since.timestamp() * 1000)), await consumer.end_offsets(partitions)
        for one, place in (await consumer.offsets_for_times(wanted)).items():
            consumer.seek(one, place.offset if place else ends[one])
        # Again to the end: compaction may have moved what was not read yet behind the end that was asked first.
        for _ in range(2):
            ends = await consumer.end_offsets(partitions)
            total, done = sum(ends.values()), 0
            while done < total:
                for batch in (await consumer.getmany(timeout_ms=POLL_MS, max_records=settings.batch_size)).values():
                    yield batch
                done = sum([min(await consumer.position(one), ends[one]) for one in partitions])
                told("reading", done, total)
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    async with asyncio.timeout(30):
        consumer.subscribe([topic])
        while not (numbers := consumer.partitions_for_topic(topic)):  # noqa: ASYNC110 - the client has no event for it
            await asyncio.sleep(0.05)
    consumer.unsubscribe()
    return [TopicPartition(topic, number) for number in sorted(numbers)]
