"""Fetches of pixels and links, raw and with their verdicts; and where links lead."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.mongo import ASCENDING, DESCENDING, Database, ReplaceOne, Transaction, UpdateOne, Write
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.opens import Touch
from services.outbox.store.codec import Codec
from services.outbox.store.collections import DISPATCHES, LINKS, TOUCHES

touches = Codec(Touch)


async def touches_of(tx: Transaction, dispatch: Dispatch) -> list[Touch]:
    """All of one mail, in order. Writes on its record, so that two at once come one after the other."""
    await tx.collection(DISPATCHES).update_one({"_id": dispatch.id}, {"$inc": {"touches": 1}}, session=tx.session)
    cursor = tx.collection(TOUCHES).find({"dispatch_id": dispatch.id}, session=tx.session)
    return [touches.read(document) async for document in cursor.sort([("at", ASCENDING), ("_id", ASCENDING)])]


async def save_touches(tx: Transaction, changed: Sequence[Touch]) -> None:
    """Store them."""
    writes: list[Write] = []
    for touch in changed:
        document = {
            **touches.write(touch),
            **{name: str(getattr(touch, name)) for name in ("kind", "verdict")},
        }
        writes.append(ReplaceOne({"_id": touch.id}, document, upsert=True))
    if writes:
        await tx.collection(TOUCHES).bulk_write(writes, session=tx.session)


async def forget_touches(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Of the erased nothing is kept."""
    await tx.collection(TOUCHES).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)


async def touched_after(database: Database, after: str, limit: int) -> list[str]:
    """Ids of records of which something was fetched, in order, from here on."""
    rows = database.collection(TOUCHES).aggregate(
        [
            {"$match": {"dispatch_id": {"$gt": after}}},
            {"$sort": {"dispatch_id": ASCENDING}},
            {"$group": {"_id": "$dispatch_id"}},
            {"$sort": {"_id": ASCENDING}},
            {"$limit": limit},
        ]
    )
    return [row["_id"] async for row in rows]


async def touches_shown(database: Database, dispatch_id: str) -> list[Touch]:
    """All of one mail, in order."""
    cursor = database.collection(TOUCHES).find({"dispatch_id": {"$eq": dispatch_id}})
    return [touches.read(document) async for document in cursor.sort([("at", ASCENDING), ("_id", ASCENDING)])]


async def touches_of_customer(database: Database, customer_id: str, limit: int = 1000) -> list[Touch]:
    """A customer's, the newest first."""
    cursor = database.collection(TOUCHES).find({"customer_id": {"$eq": customer_id}})
    return [touches.read(row) for row in await cursor.sort("at", DESCENDING).limit(limit).to_list(None)]


async def keep_links(tx: Transaction, targets: Mapping[str, str]) -> None:
    """Keep where links lead, for as long as mails with them may be read."""
    writes: list[Write] = [UpdateOne({"_id": id_}, {"$set": {"url": url}}, upsert=True) for id_, url in targets.items()]
    if writes:
        await tx.collection(LINKS).bulk_write(writes, session=tx.session)


async def target_of(database: Database, link: str) -> str | None:
    """Where a link leads."""
    found = await database.collection(LINKS).find_one({"_id": {"$eq": link}})
    return found["url"] if found else None
