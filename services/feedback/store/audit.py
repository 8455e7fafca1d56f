"""What people did with answers."""

from collections.abc import Iterable

from pydantic import TypeAdapter

from chassis.mongo import DESCENDING, Database, Document, Transaction
from services.feedback.domain.audit import Entry
from services.feedback.store.collections import AUDIT

_codec = TypeAdapter(Entry)


async def put_entry(tx: Transaction, entry: Entry) -> None:
    """Keep an entry."""
    document: Document = _codec.dump_python(entry)
    document["_id"] = document.pop("id")
    await tx.collection(AUDIT).insert_one(document, session=tx.session)


async def entries(database: Database, response_id: str, *, before: str | None, limit: int) -> list[Entry]:
    """The latest, newest first; those before one."""
    query: Document = {"response_id": {"$eq": response_id}, **({"_id": {"$lt": before}} if before else {})}
    cursor = database.collection(AUDIT).find(query).sort("_id", DESCENDING).limit(limit)
    return [_codec.validate_python({**document, "id": document["_id"]}) async for document in cursor]


async def forget_entries(tx: Transaction, of: Document) -> None:
    """Keep of what was done with these answers only who did what when."""
    await tx.collection(AUDIT).update_many(of, {"$set": {"changes": {}}}, session=tx.session)


def of_customers(ids: Iterable[str]) -> Document:
    """Everything about the answers of these."""
    return {"customer_id": {"$in": list(ids)}}
