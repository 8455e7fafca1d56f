"""What changed within the last hour, in one order for all processes."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from chassis.mongo import ASCENDING, Database, ReturnDocument, Transaction
from services.console.domain.news import Change
from services.console.store.collections import COUNTERS, NEWS

Batch = tuple[int, list[Change]]


async def add(tx: Transaction, changes: Sequence[Change], now: datetime) -> None:
    """Keep them under the next number. Two writers wait for each other, so that numbers appear in their order."""
    row = await tx.collection(COUNTERS).find_one_and_update(
        {"_id": NEWS}, {"$inc": {"at": 1}}, upsert=True, return_document=ReturnDocument.AFTER, session=tx.session
    )
    assert row is not None  # noqa: S101 - it was just written
    rows = [asdict(one) for one in changes]
    await tx.collection(NEWS).insert_one({"_id": row["at"], "at": now, "changes": rows}, session=tx.session)


async def latest(database: Database) -> int:
    """The number of the last that was kept; 0 before the first."""
    row = await database.collection(COUNTERS).find_one({"_id": NEWS})
    return row["at"] if row else 0


async def oldest(database: Database) -> int | None:
    """The number of the first that is still there."""
    rows = await database.collection(NEWS).find({}, {"_id": 1}).sort("_id", ASCENDING).to_list(1)
    return rows[0]["_id"] if rows else None


async def since(database: Database, at: int, limit: int) -> list[Batch]:
    """What came after a number, in order."""
    rows = await database.collection(NEWS).find({"_id": {"$gt": at}}).sort("_id", ASCENDING).to_list(limit)
    return [(row["_id"], [Change(**one) for one in row["changes"]]) for row in rows]


__all__ = ["Batch", "add", "latest", "oldest", "since"]
