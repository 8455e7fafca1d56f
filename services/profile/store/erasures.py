"""Who was erased when by whom, and how much was held where: no word of who it was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.mongo import Database, Document, Transaction
from services.profile.store.collections import ERASURES


async def put_erasure(tx: Transaction, customer_id: str, by: str, at: datetime, held: Mapping[str, Any]) -> None:
    """Keep how much was held where."""
    row: Document = {"by": by, "at": at, "held": dict(held)}
    await tx.collection(ERASURES).replace_one({"_id": customer_id}, row, upsert=True, session=tx.session)


async def find_erasure(database: Database, customer_id: str) -> Document | None:
    """Of one who was erased."""
    return await database.collection(ERASURES).find_one({"_id": {"$eq": customer_id}})
