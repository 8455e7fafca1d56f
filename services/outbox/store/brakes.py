"""The brake on all sending, and each time that somebody has set it or let it go."""

from dataclasses import replace
from datetime import datetime

from chassis.ids import new_id
from chassis.mongo import DESCENDING, Database, Document, Transaction
from services.outbox.domain.brakes import Brake
from services.outbox.store.codec import Codec
from services.outbox.store.collections import BOUNCES, BRAKES, DISPATCHES, FIGURE_ROWS

NOW = "now"
brakes = Codec(Brake)


async def set_brake(tx: Transaction, brake: Brake) -> None:
    """Store how the brake now is, and that it was put so."""
    rows = tx.collection(BRAKES)
    await rows.replace_one({"_id": NOW}, brakes.write(replace(brake, id=NOW)), upsert=True, session=tx.session)
    await rows.insert_one(brakes.write(replace(brake, id=new_id())), session=tx.session)


async def brake(database: Database) -> Brake | None:
    """How it is now; None where nobody has ever touched it."""
    found = await database.collection(BRAKES).find_one({"_id": NOW})
    return brakes.read(found) if found else None


async def is_frozen(database: Database) -> bool:
    """Whether the database is older than what was sent, and nobody has brought it up to that yet."""
    found = await brake(database)
    return found is not None and found.frozen


async def brake_in(tx: Transaction) -> Brake | None:
    """How it is now, in a transaction that may change it."""
    found = await tx.collection(BRAKES).find_one({"_id": NOW}, session=tx.session)
    return brakes.read(found) if found else None


async def complaints_since(tx: Transaction, moment: datetime) -> int:
    """How many complaints there were after a moment."""
    query = {"kind": "complaint", "occurred_at": {"$gt": moment}}
    return int(await tx.collection(BOUNCES).count_documents(query, session=tx.session))


async def mails_since(tx: Transaction, day: datetime) -> int:
    """How many mails went out on that day (UTC) and later."""
    sums: Document = {"_id": None, "mails": {"$sum": {"$add": [_or_none("sent"), _or_none("reminders")]}}}
    pipeline = [{"$match": {"day": {"$gte": day.date().isoformat()}}}, {"$group": sums}]
    rows = await tx.collection(FIGURE_ROWS).aggregate(pipeline, session=tx.session).to_list(None)
    return int(rows[0]["mails"]) if rows else 0


def _or_none(name: str) -> Document:
    return {"$ifNull": [f"${name}", 0]}


async def brake_history(database: Database, limit: int) -> list[Brake]:
    """The latest first."""
    cursor = database.collection(BRAKES).find({"_id": {"$ne": NOW}}).sort("at", DESCENDING).limit(limit)
    return [brakes.read(row) for row in await cursor.to_list(None)]


async def waiting(database: Database) -> tuple[int, Document | None]:
    """How many records are due and not sent, and the one that has waited longest."""
    due: Document = {"phase": "queued", "$expr": {"$lte": ["$next_try_at", "$$NOW"]}}
    rows = database.collection(DISPATCHES)
    return await rows.count_documents(due), await rows.find_one(due, {"next_try_at": 1}, sort=[("next_try_at", 1)])


async def unknown(database: Database) -> int:
    """How many records nobody knows the end of."""
    return int(await database.collection(DISPATCHES).count_documents({"state": "unknown"}))
