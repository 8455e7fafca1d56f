"""Destinations that have refused mails by policy; of all others nothing is kept."""

from chassis.mongo import DESCENDING, Database, Transaction
from services.outbox.domain.refusals import Standing
from services.outbox.store.codec import Codec
from services.outbox.store.collections import REFUSALS

standings = Codec(Standing)


async def standing(tx: Transaction, id_: str) -> Standing | None:
    """That of a destination."""
    found = await tx.collection(REFUSALS).find_one({"_id": {"$eq": id_}}, session=tx.session)
    return standings.read(found) if found else None


async def save_standing(tx: Transaction, after: Standing) -> None:
    """Store it."""
    rows = tx.collection(REFUSALS)
    await rows.replace_one({"_id": after.id}, standings.write(after), upsert=True, session=tx.session)


async def refusing(database: Database, limit: int = 1000) -> list[Standing]:
    """All that have refused lately, the latest first."""
    cursor = database.collection(REFUSALS).find({}).sort("since", DESCENDING).limit(limit)
    return [standings.read(row) for row in await cursor.to_list(None)]
