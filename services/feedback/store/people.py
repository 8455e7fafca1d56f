"""What must be known to ask, and the people who answer."""

from collections.abc import Collection, Iterable
from datetime import datetime

from chassis.mongo import Document, ReplaceOne, Transaction, UpdateOne
from services.feedback.store.collections import CUSTOMERS, PEOPLE


async def find(tx: Transaction, name: str, id_: str) -> Document | None:
    """A document."""
    return await tx.collection(name).find_one({"_id": {"$eq": id_}}, session=tx.session)


async def known_customers(tx: Transaction, ids: Iterable[str]) -> set[str]:
    """Those of these that are there."""
    cursor = tx.collection(CUSTOMERS).find({"_id": {"$in": list(ids)}}, {"_id": 1}, session=tx.session)
    return {document["_id"] async for document in cursor}


async def hold_person(tx: Transaction, customer_id: str, now: datetime) -> bool:
    """Write on a person's document, so that answering and erasing come one after the other; false where erased."""
    rows = tx.collection(PEOPLE)
    found = await rows.find_one({"_id": {"$eq": customer_id}}, session=tx.session)
    if found and found.get("erased"):
        return False
    await rows.update_one({"_id": customer_id}, {"$set": {"answered_at": now}}, upsert=True, session=tx.session)
    return True


async def hold_people(tx: Transaction, ids: Collection[str], now: datetime) -> set[str]:
    """The same for many; those who were erased."""
    if not ids:
        return set()
    rows = tx.collection(PEOPLE)
    cursor = rows.find({"_id": {"$in": list(ids)}, "erased": True}, {"_id": 1}, session=tx.session)
    gone = {row["_id"] async for row in cursor}
    # In one order, so that of two transactions one waits for the other instead of each for both.
    held = [UpdateOne({"_id": id_}, {"$set": {"answered_at": now}}, upsert=True) for id_ in sorted({*ids} - gone)]
    if held:
        await rows.bulk_write(held, session=tx.session)
    return gone


async def attributes_of(tx: Transaction, ids: Collection[str]) -> dict[str, Document]:
    """What is known of these customers, for their answers."""
    if not ids:
        return {}
    cursor = tx.collection(CUSTOMERS).find({"_id": {"$in": list(ids)}}, {"seq": 0}, session=tx.session)
    return {row.pop("_id"): row async for row in cursor}


async def erase_people(tx: Transaction, ids: Iterable[str]) -> None:
    """Take no answer of these any more."""
    gone = [ReplaceOne({"_id": id_}, {"erased": True}, upsert=True) for id_ in ids]
    await tx.collection(PEOPLE).bulk_write(gone, session=tx.session)
