"""Triggers that wait for their moment or their customer, and what became of them for thirty days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chassis.mongo import ASCENDING, Database, Document, InsertOne, ReplaceOne, Transaction
from services.scheduler.domain.triggers import TriggerState, Waiting
from services.scheduler.store.collections import PROFILES, TRIGGERS


async def customers_by_key(tx: Transaction, keys: Iterable[str]) -> dict[str, str]:
    """Whose keys these are, as far as known."""
    wanted = set(keys)
    cursor = tx.collection(PROFILES).find({"keys": {"$in": list(wanted)}}, {"keys": 1}, session=tx.session)
    return {key: row["_id"] async for row in cursor for key in row["keys"] if key in wanted}


async def known_triggers(tx: Transaction, trigger_ids: Iterable[str]) -> list[Waiting]:
    """All that is known of these triggers."""
    query = {"trigger_id": {"$in": list(trigger_ids)}}
    return [trigger_from(row) async for row in tx.collection(TRIGGERS).find(query, session=tx.session)]


async def put_triggers(tx: Transaction, rows: Sequence[Waiting], *, fresh: bool = False) -> None:
    """Store triggers as they now are."""
    if rows:
        documents = [_document_of(one) for one in rows]
        writes: list[InsertOne[Document] | ReplaceOne[Document]] = (
            [InsertOne(one) for one in documents]
            if fresh
            else [ReplaceOne({"_id": one["_id"]}, one) for one in documents]
        )
        await tx.collection(TRIGGERS).bulk_write(list(writes), session=tx.session)


async def due_trigger_ids(database: Database, now: datetime, limit: int) -> list[str]:
    """Triggers whose moment has come, earliest first."""
    cursor = database.collection(TRIGGERS).find({"due_at": {"$lte": now}}, {"_id": 1})
    return [row["_id"] async for row in cursor.sort("due_at", ASCENDING).limit(limit)]


async def waiting_triggers(tx: Transaction, ids: Iterable[str]) -> list[Waiting]:
    """Those of them that still wait, in the order of their moments."""
    query = {"_id": {"$in": list(ids)}, "state": TriggerState.WAITING.value}
    found = [trigger_from(row) async for row in tx.collection(TRIGGERS).find(query, session=tx.session)]
    return sorted(found, key=lambda one: (one.at, one.id))


async def adopt_triggers(tx: Transaction, customers: Mapping[str, str], now: datetime) -> None:
    """Give triggers that look for a customer the one that is now known by their key."""
    query = {"looking_for": {"$in": list(customers)}}
    found = [trigger_from(row) async for row in tx.collection(TRIGGERS).find(query, session=tx.session)]
    await put_triggers(tx, [found_its_customer(one, customers, now) for one in found])


def found_its_customer(one: Waiting, customers: Mapping[str, str], now: datetime) -> Waiting:
    """The trigger with its customer, where one of the keys is known."""
    id_ = next((customers[key] for key in one.keys if key in customers), None)
    return one if id_ is None else replace(one, customer_id=id_, due_at=max(one.at, now))


async def forget_triggers(tx: Transaction, customer_ids: Sequence[str]) -> None:
    """Remove those of customers who were erased."""
    await tx.collection(TRIGGERS).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)


def trigger_from(document: Document) -> Waiting:
    """A stored trigger."""
    values: Document = {name: document.get(name) for name in Waiting.__slots__}
    return Waiting(**{**values, "keys": tuple(document["keys"]), "state": TriggerState(document["state"])})


def _document_of(one: Waiting) -> Document:
    """What it is found by stands there only while it is looked for; its address goes once the customer is known."""
    document: Document = {name: getattr(one, name) for name in one.__slots__}
    document |= {"_id": one.id, "state": one.state.value, "keys": [] if one.customer_id else list(one.keys)}
    if one.state is not TriggerState.WAITING:
        document |= {"keys": []}
    if one.due_at is None or one.state is not TriggerState.WAITING:
        del document["due_at"]
    if one.state is TriggerState.WAITING and one.customer_id is None:
        document["looking_for"] = list(one.keys)
    return document
