"""What customers' fields once were: the last values of each, in one document a customer."""

from collections.abc import Iterable, Sequence

from chassis.mongo import Database, Document, Transaction, UpdateOne, Write
from services.profile.domain.customer import Customer, Past, Stamp
from services.profile.domain.past import MAX_VALUES, kept
from services.profile.store.collections import HISTORY


async def put_past(tx: Transaction, customers: Iterable[Customer]) -> None:
    """Keep what was displaced; of each field the last values only."""
    writes: list[Write] = [
        UpdateOne({"_id": customer.id}, {"$push": pushed}, upsert=True)
        for customer in customers
        if customer.past and (pushed := _pushed(customer))
    ]
    if writes:
        await tx.collection(HISTORY).bulk_write(writes, session=tx.session)


async def past_of(database: Database, customer_id: str) -> list[Past]:
    """What its fields once were, in no order."""
    document = await database.collection(HISTORY).find_one({"_id": {"$eq": customer_id}}) or {}
    own = [(name, rows) for name, rows in document.get("fields", {}).items()]
    properties = [(f"properties.{name}", rows) for name, rows in document.get("properties", {}).items()]
    return [_past(name, row) for name, rows in (*own, *properties) for row in rows]


async def forget_past(tx: Transaction, customer_ids: Sequence[str]) -> None:
    """Keep nothing of what their fields were."""
    await tx.collection(HISTORY).delete_many({"_id": {"$in": list(customer_ids)}}, session=tx.session)


def _pushed(customer: Customer) -> Document:
    pushed: Document = {}
    for past in kept(customer):
        path = past.field if past.field.startswith("properties.") else f"fields.{past.field}"
        rows = pushed.setdefault(path, {"$each": [], "$slice": -MAX_VALUES})["$each"]
        rows.append([past.value, past.stamp.at, past.stamp.by, past.stamp.event_id])
    return pushed


def _past(name: str, row: list[object]) -> Past:
    value, *stamp = row
    return Past(name, tuple(value) if isinstance(value, list) else value, Stamp(*stamp))  # type: ignore[arg-type]
