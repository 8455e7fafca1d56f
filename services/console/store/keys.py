"""API keys: their hash only."""

import hashlib
from datetime import datetime, timedelta

from chassis.errors import NotFound
from chassis.mongo import DESCENDING, Database, Document, ReturnDocument, Transaction
from services.console.store.collections import KEYS

USED_EVERY = timedelta(minutes=1)


async def put(tx: Transaction, row: Document) -> None:
    """Keep a new key."""
    await tx.collection(KEYS).insert_one(row, session=tx.session)


async def all_keys(database: Database) -> list[Document]:
    """All, the newest first, the revoked too."""
    return await database.collection(KEYS).find().sort("created_at", DESCENDING).to_list(None)


async def revoke(database: Database, id_: str, by: str, now: datetime) -> Document:
    """End a key for good; a second time changes nothing. Raises `NotFound`."""
    keys = database.collection(KEYS)
    await keys.update_one({"_id": {"$eq": id_}, "revoked_at": None}, {"$set": {"revoked_at": now, "revoked_by": by}})
    row = await keys.find_one({"_id": {"$eq": id_}})
    if row is None:
        code, reason = "key-not-found", "There is no API key with this id."
        raise NotFound(code, reason)
    return row


async def use(database: Database, text: str, now: datetime) -> Document | None:
    """The key that this is, where it holds; notes when it was used, to the minute."""
    keys = database.collection(KEYS)
    row = await keys.find_one({"hash": hashlib.sha256(text.encode()).hexdigest(), "revoked_at": None})
    if row and (row["last_used_at"] is None or now - row["last_used_at"] > USED_EVERY):
        row = await keys.find_one_and_update(
            {"_id": row["_id"], "revoked_at": None},
            {"$set": {"last_used_at": now}},
            return_document=ReturnDocument.AFTER,
        )
    return row
