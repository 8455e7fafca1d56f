"""Who was erased: salted hashes of what integrations called them, for as long as old events may still come."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from chassis.mongo import ReplaceOne, Transaction, Write
from services.profile.store.collections import ERASED

SALT = "salt"
Name = tuple[str, str]
"""An integration and its id of the customer, or `address` and the canonical one."""


async def erased_at(tx: Transaction, names: Sequence[Name]) -> dict[Name, datetime]:
    """When those of these names were erased that were; as a rule nobody, and then nothing is hashed."""
    salt = await tx.collection(ERASED).find_one({"_id": SALT}, session=tx.session)
    if salt is None:
        return {}
    by_hash = {_hash(name, salt["key"]): name for name in names}
    cursor = tx.collection(ERASED).find({"_id": {"$in": list(by_hash)}}, session=tx.session)
    return {by_hash[row["_id"]]: row["at"] async for row in cursor}


async def mark_erased(tx: Transaction, names: Sequence[Name], at: datetime) -> None:
    """Remember that nothing older is to be heard under these names."""
    rows = tx.collection(ERASED)
    salt = await rows.find_one({"_id": SALT}, session=tx.session)
    if salt is None:
        salt = {"_id": SALT, "key": secrets.token_hex(32)}
        await rows.insert_one(salt, session=tx.session)
    hashes = [_hash(name, salt["key"]) for name in names]
    writes: list[Write] = [ReplaceOne({"_id": hashed}, {"at": at}, upsert=True) for hashed in hashes]
    if writes:
        await rows.bulk_write(writes, session=tx.session)


def _hash(name: Name, key: str) -> str:
    return hmac.new(key.encode(), "\x1f".join(name).encode(), hashlib.sha256).hexdigest()
