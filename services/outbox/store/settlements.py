"""What was said by hand of mails that nobody knew the end of."""

from collections.abc import Iterable, Sequence

from chassis.mongo import ASCENDING, Database, Transaction
from services.outbox.domain.unknowns import Settlement
from services.outbox.store.codec import Codec
from services.outbox.store.collections import DISPATCHES, SETTLEMENTS

settlements = Codec(Settlement)
LOOKS = (60, 600, 3600, 6 * 3600, 24 * 3600)
"""Seconds between one time that a provider is asked about a mail and the next; it does not show at once what it took."""


async def add_settlements(tx: Transaction, made: Sequence[Settlement]) -> None:
    """Keep them."""
    if made:
        rows = [settlements.write(one) for one in made]
        await tx.collection(SETTLEMENTS).insert_many(rows, session=tx.session)


async def settlements_of(database: Database, dispatch_id: str) -> list[Settlement]:
    """Those of one record, in order."""
    cursor = database.collection(SETTLEMENTS).find({"dispatch_id": {"$eq": dispatch_id}}).sort("at", ASCENDING)
    return [settlements.read(row) for row in await cursor.to_list(None)]


async def forget_settlements(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Of the erased nothing is kept."""
    await tx.collection(SETTLEMENTS).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)


async def next_to_look_up(database: Database) -> str | None:
    """An unknown record to ask a provider about; no other process gets it before its next turn. A few times each, then no more."""
    times = {"$ifNull": ["$looked_up", 0]}
    waits = {"$arrayElemAt": [[1000 * seconds for seconds in LOOKS], times]}
    found = await database.collection(DISPATCHES).find_one_and_update(
        {
            "state": "unknown",
            "$expr": {
                "$and": [
                    {"$lt": [times, len(LOOKS)]},
                    {"$lte": [{"$ifNull": ["$look_up_at", "$$NOW"]}, "$$NOW"]},
                ]
            },
        },
        [{"$set": {"look_up_at": {"$add": ["$$NOW", waits]}, "looked_up": {"$add": [times, 1]}}}],
        projection={"_id": 1},
    )
    return str(found["_id"]) if found else None
