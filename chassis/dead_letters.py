"""Records put aside: bytes, place and reason kept; to be looked at, replayed or discarded."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from chassis.clock import now
from chassis.errors import Conflict, NotFound
from chassis.logs import get_logger
from chassis.mongo import ASCENDING, Database, Document, IndexModel, UpdateOne

log = get_logger(__name__)

COLLECTION = "_dead_letters"
PUBLISHED = "published"
"""The purpose of what is ours and could not go out."""
INDEXES = [IndexModel([("state", ASCENDING), ("_id", ASCENDING)]), IndexModel([("subject", ASCENDING)])]


class Record(Protocol):
    """A record as the broker gave it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


Apply = Callable[[Record], Awaitable[None]]


class StoredRecord:
    """A dead letter as the record that it was."""

    def __init__(self, row: Document) -> None:
        self.topic: str = row["topic"]
        self.partition: int = row["partition"]
        self.offset: int = row["offset"]
        self.timestamp: int = row["timestamp"]
        self.key: bytes | None = row["key"]
        self.value: bytes | None = row["value"]
        self.headers: Sequence[tuple[str, bytes | None]] = [(name, raw) for name, raw in row["headers"]]


def place(purpose: str, record: Record) -> str:
    """The id of a record's dead letter: the same however often it is delivered."""
    return f"{purpose}:{record.topic}:{record.partition}:{record.offset}"


async def put_aside(
    database: Database, purpose: str, record: Record, *, code: str, reason: str, subject: str | None = None
) -> bool:
    """Keep a record that cannot be applied. A second delivery of it changes nothing; then it returns False."""
    row = {
        "purpose": purpose,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": record.key,
        "value": record.value,
        "headers": [[name, raw] for name, raw in record.headers],
        "code": code,
        "reason": reason,
        "subject": subject,
        "state": "open",
        "first_seen_at": now(),
        "replayed_count": 0,
    }
    id_ = place(purpose, record)
    result = await database.collection(COLLECTION).bulk_write(
        [UpdateOne({"_id": id_}, {"$setOnInsert": row}, upsert=True)]
    )
    if result.upserted_count:
        # Without the reason, which may quote the record.
        log.warning("dead_letter.recorded", id=id_, code=code)
    return bool(result.upserted_count)


def refused_row(row: Document) -> Document:
    """The dead letter of an event of ours that no broker would take."""
    return {
        "_id": f"{PUBLISHED}:{row['_id']}",
        "purpose": PUBLISHED,
        "topic": row["topic"],
        "partition": -1,
        "offset": row["seq"],
        "timestamp": int(row["at"].timestamp() * 1000),
        "key": row["key"].encode(),
        "value": row["value"],
        "headers": [],
        "code": "record-refused",
        "reason": row["refused"],
        "subject": row["subject"],
        "state": "open",
        "first_seen_at": now(),
        "replayed_count": 0,
    }


class DeadLetters:
    """The dead letters of one service; `apply` runs a record through the consumer that refused it."""

    def __init__(self, database: Database, apply: Callable[[str], Apply | None]) -> None:
        self._rows, self._apply = database.collection(COLLECTION), apply

    async def find(self, *, state: str | None, after: str | None, limit: int) -> list[Document]:
        """By place, without the bytes."""
        query: Document = {"state": {"$eq": state}} if state else {}
        if after:
            query["_id"] = {"$gt": after}
        cursor = self._rows.find(query, {"value": 0, "headers": 0, "key": 0}).sort("_id", ASCENDING).limit(limit)
        return await cursor.to_list(None)

    async def get(self, id_: str) -> Document:
        """One, whole. Raises `NotFound`."""
        row = await self._rows.find_one({"_id": id_})
        if row is None:
            code, reason = "dead-letter-not-found", "There is no dead letter with this id."
            raise NotFound(code, reason)
        return row

    async def replay(self, id_: str) -> Document:
        """Apply the record now. Raises the `Refusal` that still stands in its way; then it stays open."""
        row = await self.get(id_)
        apply = self._apply(row["purpose"])
        if row["state"] != "open" or apply is None:
            code = "not-replayable"
            raise Conflict(code, _why_not(row))
        await self._rows.update_one({"_id": id_}, {"$inc": {"replayed_count": 1}})
        await apply(StoredRecord(row))
        return await self._end(id_, "replayed")

    async def discard(self, id_: str) -> Document:
        """Close it for good; the bytes stay. Raises `Conflict` where it was applied."""
        row = await self.get(id_)
        if row["state"] == "replayed":
            code = "not-discardable"
            raise Conflict(code, _why_not(row))
        return await self._end(id_, "discarded")

    async def _end(self, id_: str, state: str) -> Document:
        await self._rows.update_one({"_id": id_}, {"$set": {"state": state, "ended_at": now()}})
        return await self.get(id_)


def _why_not(row: Document) -> str:
    if row["state"] != "open":
        return f"It is {row['state']}."
    if row["purpose"] == PUBLISHED:
        return "It was to go out and no broker took it; what came after it went out. Change its subject instead."
    return "Nothing here reads it any more."


def shown(row: Document) -> dict[str, Any]:
    """A dead letter as JSON shows it; bytes as text where they are text."""
    body = {name: value for name, value in row.items() if name not in {"_id", "value", "key", "headers"}}
    body["id"] = row["_id"]
    for name in ("key", "value"):
        if name in row:
            body[name] = _text(row[name])
    if "headers" in row:
        body["headers"] = [[name, _text(raw)] for name, raw in row["headers"]]
    return body


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else bytes(raw).decode("utf-8", "backslashreplace")
