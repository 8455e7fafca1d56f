"""Who is at a piece of work in the background: one process at a time, by the database's clock."""

from collections.abc import Iterable

from chassis.mongo import ASCENDING, Database, Document, ReturnDocument, Transaction


async def take(database: Database, name: str, states: Iterable[str], holder: str, seconds: float) -> Document | None:
    """The oldest in one of these states that nobody is at, or that we are; ours for so many seconds."""
    free = {"$or": [{"$eq": ["$holder", holder]}, {"$lt": [{"$ifNull": ["$held_until", 0]}, "$$NOW"]}]}
    until = {"$add": ["$$NOW", int(seconds * 1000)]}
    return await database.collection(name).find_one_and_update(
        {"state": {"$in": [str(state) for state in states]}, "$expr": free},
        [{"$set": {"holder": {"$literal": holder}, "held_until": until}}],
        sort=[("_id", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


async def hold(tx: Transaction, name: str, id_: str, states: Iterable[str], holder: str) -> Document | None:
    """It, where the holder still has it and its state is one of these. Writes, so that of two holders one fails."""
    query = {"_id": id_, "holder": holder, "state": {"$in": [str(state) for state in states]}}
    return await tx.collection(name).find_one_and_update(query, {"$inc": {"steps": 1}}, session=tx.session)
