"""What people did with customers."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from chassis.mongo import DESCENDING, Database, Document, Transaction
from services.profile.domain.audit import Entry, Outcome
from services.profile.store.collections import AUDIT

_codec = TypeAdapter(Entry)


async def put_entry(tx: Transaction, entry: Entry) -> None:
    """Keep an entry, or what became of it."""
    document: Document = _codec.dump_python(entry, mode="python")
    document["_id"] = document.pop("id")
    document["outcome"] = str(entry.outcome)
    # As pairs: a field's name may hold a dot.
    document["changes"] = [[name, change] for name, change in document["changes"].items()]
    await tx.collection(AUDIT).replace_one({"_id": entry.id}, document, upsert=True, session=tx.session)


async def entries(database: Database, customer_id: str, *, before: str | None, limit: int) -> list[Entry]:
    """The latest, newest first; those before one."""
    query: dict[str, Any] = {"customer_id": {"$eq": customer_id}, **({"_id": {"$lt": before}} if before else {})}
    cursor = database.collection(AUDIT).find(query).sort("_id", DESCENDING).limit(limit)
    return [_entry(document) async for document in cursor]


async def forget_entries(tx: Transaction, customer_ids: Sequence[str]) -> None:
    """Keep of what was done with the erased only who did what when."""
    nothing: Document = {"details": {}, "changes": []}
    query = {"customer_id": {"$in": list(customer_ids)}}
    await tx.collection(AUDIT).update_many(query, {"$set": nothing}, session=tx.session)


def _entry(document: Document) -> Entry:
    values = {**document, "id": document["_id"], "changes": dict(document["changes"])}
    return _codec.validate_python({**values, "outcome": Outcome(document["outcome"])})
