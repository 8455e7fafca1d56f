"""MongoDB: the only module that opens the driver. Every write is majority and journaled."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, DeleteOne, IndexModel, InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from sounding_contracts.envelope import Event

from chassis import pending
from chassis.clock import now
from chassis.errors import Unavailable
from chassis.telemetry import is_traceparent, traceparent

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "Collection",
    "Database",
    "DeleteOne",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "InsertOne",
]
__all__ += [
    "ReplaceOne",
    "ReturnDocument",
    "Transaction",
    "UpdateOne",
    "Write",
    "is_passing",
    "open_database",
    "put_newer",
    "unstorable",
]

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Write = InsertOne[Document] | ReplaceOne[Document] | UpdateOne | DeleteOne
T = TypeVar("T")
Work = Callable[["Transaction"], Awaitable[T]]

TRANSACTION_DEADLINE_SECONDS = 20.0
MAX_DUPLICATES = 5
MANY = 500
"""So many events of one transaction mean that more are to come."""
_RETRY = ("TransientTransactionError", "UnknownTransactionCommitResult")
_DUPLICATE_KEY = 11000


class Transaction:
    """All that is written through it is stored together, events included, or not at all.

    Write in order (never `ordered=False`): the first fault ends a transaction, and a bulk that goes on after it
    reports that there is no transaction, which looks like a passing trouble, instead of the fault.
    """

    def __init__(self, database: "Database", session: AsyncIOMotorClientSession) -> None:
        self._database = database
        self.session = session
        self.published = 0
        self._causes: dict[str, str] = {}

    def collection(self, name: str) -> Collection:
        """A collection; give each call on it `session=tx.session`."""
        return self._database.collection(name)

    def caused_by(self, key: str, trace: str | None) -> None:
        """Let the events that go out under this partition key continue the trace of one that came in."""
        if trace and is_traceparent(trace):
            self._causes[key] = trace

    def cause_of(self, key: str) -> str | None:
        """The trace that the events under this partition key continue, where one was given."""
        return self._causes.get(key)

    async def now(self) -> datetime:
        """What time it is for the database: one clock for all processes, to compare what one wrote and another reads."""
        return await self._database.now(self.session)

    async def publish(self, stream: pending.Stream, events: Iterable[pending.Outgoing]) -> None:
        """Store events to be published after the commit. Raises `TooLarge` for one that no broker would take."""
        at, here, limit = now(), traceparent(), self._database.max_record_bytes
        rows = [
            pending.row(stream, one, one.trace or self._causes.get(one.partition_key or one.subject, here), limit, at)
            for one in events
        ]
        if rows:
            await self.collection(pending.COLLECTION).insert_many(rows, session=self.session)
            self.published += len(rows)

    async def forward(self, stream: pending.Stream, events: Iterable[tuple[str, Event[Any]]], batch: str) -> None:
        """Store events of others, each with its record's key, to be published as they came. Raises `TooLarge`."""
        at, here, limit = now(), traceparent(), self._database.max_record_bytes
        traced = [(key, replace(event, traceparent=event.traceparent or here)) for key, event in events]
        rows = [
            pending.forwarded_row(stream, event, key, batch=batch, number=number, limit=limit, at=at)
            for number, (key, event) in enumerate(traced)
        ]
        if rows:
            await self.collection(pending.COLLECTION).insert_many(rows, session=self.session)
            self.published += len(rows)


class Database:
    """One service's database."""

    def __init__(self, client: AsyncIOMotorClient[Document], name: str, *, max_record_bytes: int = 1_000_000) -> None:
        self._client = client
        self.name = name
        self.max_record_bytes = max_record_bytes
        self.on_publish: list[Callable[[], None]] = []
        self.many_told_at = -math.inf
        self._db = client.get_database(
            name,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC, uuid_representation=UuidRepresentation.STANDARD),
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )

    def collection(self, name: str) -> Collection:
        """A collection that writes with majority and journal."""
        return self._db.get_collection(name)

    async def transact(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is stored on a majority.

        On a write conflict or a change of primary `work` runs again from the start, so it must have no
        effect outside the transaction. Raises what `work` raises, and `Unavailable` where MongoDB stays away.
        """
        deadline = time.monotonic() + TRANSACTION_DEADLINE_SECONDS
        attempt = duplicates = 0
        while True:
            try:
                return await self._attempt(work, deadline)
            except PyMongoError as error:
                attempt += 1
                duplicates += _is_duplicate(error)
                if not _retryable(error) or time.monotonic() > deadline or duplicates > MAX_DUPLICATES:
                    raise
            await asyncio.sleep(random.uniform(0, min(0.5, 0.002 * 2**attempt)))  # noqa: S311 - jitter

    async def _attempt(self, work: Work[T], deadline: float) -> T:
        session = await self._client.start_session()
        try:
            tx = Transaction(self, session)
            session.start_transaction(ReadConcern("snapshot"), WriteConcern(w="majority", j=True))
            try:
                result = await work(tx)
            except BaseException:
                await _abort(session)
                raise
            await _commit(session, deadline)
        finally:
            await _end(session)
        if tx.published:
            self.many_told_at = time.monotonic() if tx.published >= MANY else self.many_told_at
            for wake in self.on_publish:
                wake()
        return result

    async def snapshot_find(self, name: str, query: Document, *, limit: int) -> list[Document]:
        """Documents by ascending id, all as they were at one moment."""
        async with await self._client.start_session(snapshot=True) as session:
            options = self.collection(name).with_options(read_concern=ReadConcern())
            cursor = options.find(query, session=session).sort("_id", ASCENDING).limit(limit)
            return await cursor.to_list(None)

    async def now(self, session: AsyncIOMotorClientSession | None = None) -> datetime:
        """What time it is for the database."""
        rows: Any = self._db.aggregate([{"$documents": [{"now": "$$NOW"}]}], session=session)
        moment: datetime = (await rows.to_list(1))[0]["now"]
        return moment

    async def ping(self) -> None:
        """Raises where no primary answers within two seconds."""
        await asyncio.wait_for(self._db.command("ping"), 2)

    async def ensure_indexes(self, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
        """Make what is missing; never drops."""
        existing = set(await self._db.list_collection_names())

        async def ensure(name: str, models: Sequence[IndexModel]) -> None:
            if name not in existing:
                await _create_collection(self._db, name)
            if models:
                await self.collection(name).create_indexes(list(models))

        await asyncio.gather(*(ensure(name, models) for name, models in indexes.items()))

    async def drop(self, name: str) -> None:
        """Drop a collection."""
        await self.collection(name).drop()

    async def drop_database(self) -> None:
        """Drop everything; for tests and `make clean`."""
        await self._client.drop_database(self.name)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def open_database(uri: str, name: str, *, max_record_bytes: int = 1_000_000) -> Database:
    """A database on a replica set; connects on first use."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri, tz_aware=True, retryWrites=True, retryReads=True, serverSelectionTimeoutMS=10_000, maxPoolSize=50
    )
    return Database(client, name, max_record_bytes=max_record_bytes)


async def put_newer(tx: Transaction, name: str, rows: Mapping[str, tuple[int | None, Document | None]]) -> set[str]:
    """Store each document unless a later `seq` is known; None removes it. Returns the ids that changed.

    A bare tombstone carries no `seq`: it stands after all that came before it, so it removes what is there.

    It reads first: an upsert guarded by `seq` raises a duplicate key when it is stale,
    and inside a transaction that undoes every good row of the batch.
    """
    docs = tx.collection(name)
    known = {
        found["_id"]: found["seq"]
        async for found in docs.find({"_id": {"$in": list(rows)}}, {"seq": 1}, session=tx.session)
    }
    writes: list[Write] = []
    changed = set()
    for id_, (seq, document) in rows.items():
        stale = document is not None if seq is None else seq <= known.get(id_, 0)
        if stale:
            continue
        changed.add(id_)
        if document is None:
            writes.append(DeleteOne({"_id": id_}))
        else:
            writes.append(ReplaceOne({"_id": id_}, {**document, "seq": seq}, upsert=True))
    if writes:
        # One kind after the other: each change of kind is a command of its own.
        writes.sort(key=lambda write: isinstance(write, DeleteOne))
        await docs.bulk_write(writes, session=tx.session)
    return changed


def is_passing(error: BaseException) -> bool:
    """Whether the same call may work later: network, fail-over, write conflict; not what the data caused."""
    if isinstance(error, DuplicateKeyError | BulkWriteError) and _is_duplicate(error):
        return False
    if isinstance(error, Unavailable | ConnectionFailure | WTimeoutError | OSError | TimeoutError):
        return True
    return isinstance(error, PyMongoError) and (_retryable(error) or _is_server_trouble(error))


def unstorable(error: BaseException) -> bool:
    """Whether the data itself can never be stored: too large, or not to be written as BSON."""
    if isinstance(error, BSONError | DocumentTooLarge | OverflowError | UnicodeEncodeError):
        return True
    return isinstance(error, OperationFailure) and error.code in {2, 9, 52, 56, 57, 10334, 17280, 17419}


def _is_server_trouble(error: PyMongoError) -> bool:
    stepping_down = {91, 189, 10107, 11600, 11602, 13435, 13436, 112, 251, 262, 50, 14031}
    return isinstance(error, OperationFailure) and error.code in stepping_down


def _retryable(error: PyMongoError) -> bool:
    if any(error.has_error_label(label) for label in _RETRY):
        return True
    return _is_duplicate(error)


def _is_duplicate(error: PyMongoError) -> bool:
    """A row that another transaction wrote between our read and our write: read again, then it is known."""
    if isinstance(error, BulkWriteError):
        faults = (error.details or {}).get("writeErrors", [])
        return bool(faults) and all(fault.get("code") == _DUPLICATE_KEY for fault in faults)
    return isinstance(error, DuplicateKeyError)


async def _abort(session: AsyncIOMotorClientSession) -> None:
    try:
        await session.abort_transaction()
    except (PyMongoError, InvalidOperation):
        return


async def _end(session: AsyncIOMotorClientSession) -> None:
    """End a session; what it then says must not take the place of a cancellation."""
    try:
        await session.end_session()
    except PyMongoError:
        return


async def _commit(session: AsyncIOMotorClientSession, deadline: float) -> None:
    """Commit; an unclear answer is asked again until it is clear, since the effect must be known."""
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def _create_collection(db: Any, name: str) -> None:
    try:
        await db.create_collection(name)
    except CollectionInvalid:
        # Another process made it since we looked.
        return
    except OperationFailure as error:
        already_exists = 48
        if error.code != already_exists:
            raise
