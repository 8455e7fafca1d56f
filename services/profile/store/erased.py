"""Who was erased: salted hashes of what integrations called them, and our bare ids, for as long as old events may still come."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from chassis.mongo import Document, ReplaceOne, Transaction, Write
from services.profile.store.collections import ERASED

SALT = "salt"
GONE = "gone|"
"""What stands before the id of one that is no more: others may have to be told so again."""
Name = tuple[str, str]
"""An integration and its id of the customer, or `address` and the canonical one."""


async def erasure_salt(tx: Transaction) -> str | None:
    """What names are hashed with; None where nobody was erased ever, as a rule."""
    found = await tx.collection(ERASED).find_one({"_id": SALT}, session=tx.session)
    return found["key"] if found else None


async def erased_at(tx: Transaction, names: Sequence[Name], salt: str) -> dict[Name, datetime]:
    """When those of these names were erased that were."""
    by_hash = {_hash(name, salt): name for name in names}
    cursor = tx.collection(ERASED).find({"_id": {"$in": list(by_hash)}}, session=tx.session)
    return {by_hash[row["_id"]]: row["at"] async for row in cursor}


async def mark_erased(tx: Transaction, names: Sequence[Name], at: datetime) -> None:
    """Remember that nothing older is to be heard under these names."""
    rows, salt = tx.collection(ERASED), await erasure_salt(tx)
    if salt is None:
        salt = secrets.token_hex(32)
        await rows.insert_one({"_id": SALT, "key": salt}, session=tx.session)
    hashes = [_hash(name, salt) for name in names]
    writes: list[Write] = [ReplaceOne({"_id": hashed}, {"at": at}, upsert=True) for hashed in hashes]
    if writes:
        await rows.bulk_write(writes, session=tx.session)


async def mark_gone(tx: Transaction, marks: Sequence[Document]) -> None:
    """Remember under which number others were told that these are no more."""
    writes: list[Write] = [ReplaceOne({"_id": mark["_id"]}, mark, upsert=True) for mark in marks]
    await tx.collection(ERASED).bulk_write(writes, session=tx.session)


def _hash(name: Name, key: str) -> str:
    return hmac.new(key.encode(), "\x1f".join(name).encode(), hashlib.sha256).hexdigest()
