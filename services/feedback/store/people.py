"""What must be known to ask, and the people who answer."""

from collections.abc import Iterable
from datetime import datetime

from chassis.mongo import Document, ReplaceOne, Transaction
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


async def erase_people(tx: Transaction, ids: Iterable[str]) -> None:
    """Take no answer of these any more."""
    gone = [ReplaceOne({"_id": id_}, {"erased": True}, upsert=True) for id_ in ids]
    await tx.collection(PEOPLE).bulk_write(gone, session=tx.session)
