"""Segments."""

import json

from chassis.errors import Conflict, NotFound, Outdated
from chassis.mongo import ASCENDING, Database, Document, Transaction
from services.profile.domain.segment import Segment
from services.profile.store.collections import SEGMENTS


async def put_segment(tx: Transaction, segment: Segment) -> Segment:
    """Store it. Raises `Conflict` where another has its name."""
    rows = tx.collection(SEGMENTS)
    other = await rows.find_one({"key": segment.key, "_id": {"$ne": segment.id}}, session=tx.session)
    if other is not None:
        raise _taken(other["_id"])
    await rows.replace_one({"_id": segment.id}, _document(segment), upsert=True, session=tx.session)
    return segment


async def get_segment(tx: Transaction, id_: str, expected: int | None) -> Segment:
    """One. Raises `NotFound`, and `Outdated` where its version is another."""
    segment = _segment(await tx.collection(SEGMENTS).find_one({"_id": {"$eq": id_}}, session=tx.session))
    if expected not in (None, segment.version):
        code, reason = "segment-changed", f"It is at version {segment.version} now; read it again."
        raise Outdated(code, reason, current_version=segment.version)
    return segment


async def find_segment(database: Database, id_: str) -> Segment:
    """One, outside a transaction. Raises `NotFound`."""
    return _segment(await database.collection(SEGMENTS).find_one({"_id": {"$eq": id_}}))


async def list_segments(database: Database, limit: int) -> list[Segment]:
    """By name."""
    cursor = database.collection(SEGMENTS).find().sort("key", ASCENDING).limit(limit)
    return [_segment(row) async for row in cursor]


async def drop_segment(tx: Transaction, id_: str) -> None:
    """Forget it."""
    await tx.collection(SEGMENTS).delete_one({"_id": id_}, session=tx.session)


def _taken(id_: str) -> Conflict:
    code, reason = "segment-name-taken", f"This is the name of segment {id_}."
    return Conflict(code, reason, field="name", segment_id=id_)


def _document(segment: Segment) -> Document:
    # As text: a filter may hold names and values that a document may not.
    return {
        "_id": segment.id,
        "key": segment.key,
        "name": segment.name,
        "filter": json.dumps(segment.filter),
        "version": segment.version,
        "by": segment.by,
        "created_at": segment.created_at,
        "changed_at": segment.changed_at,
    }


def _segment(row: Document | None) -> Segment:
    if row is None:
        code, reason = "segment-not-found", "There is no segment with this id."
        raise NotFound(code, reason)
    names = ("version", "name", "by", "created_at", "changed_at")
    return Segment(id=row["_id"], filter=json.loads(row["filter"]), **{name: row[name] for name in names})
