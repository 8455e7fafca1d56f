"""Destinations that are spared, for all processes: those without a row have no limit."""

from chassis.mongo import ASCENDING, Database, Transaction
from services.outbox.domain.pacing import Pace
from services.outbox.store.codec import Codec
from services.outbox.store.collections import PACES

paces = Codec(Pace)


async def spared(database: Database) -> set[str]:
    """All that have a limit."""
    return {row["_id"] for row in await database.collection(PACES).find({}, {"_id": 1}).to_list(None)}


async def paces_shown(database: Database, limit: int) -> list[Pace]:
    """Those that have a limit, the slowest first."""
    cursor = database.collection(PACES).find({}).sort("rate", ASCENDING).limit(limit)
    return [paces.read(row) for row in await cursor.to_list(None)]


async def pace(tx: Transaction, id_: str) -> Pace | None:
    """That of a destination."""
    found = await tx.collection(PACES).find_one({"_id": id_}, session=tx.session)
    return paces.read(found) if found else None


async def save_pace(tx: Transaction, id_: str, pace: Pace | None) -> None:
    """Store how it now is; none: without a limit."""
    rows = tx.collection(PACES)
    if pace is None:
        await rows.delete_one({"_id": id_}, session=tx.session)
    else:
        await rows.replace_one({"_id": id_}, paces.write(pace), upsert=True, session=tx.session)
