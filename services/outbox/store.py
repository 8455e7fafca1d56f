"""Where outbox keeps survey records, gates, recipients, campaigns, brands and templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.brands import BrandChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged

from chassis.mongo import (
    ASCENDING,
    Database,
    Document,
    IndexModel,
    ReplaceOne,
    ReturnDocument,
    Transaction,
    UpdateOne,
    Write,
)
from chassis.pending import Outgoing
from services.outbox.domain.deliverability import Gate, Gone
from services.outbox.domain.dispatch import Dispatch, Phase
from services.outbox.domain.mail import Brand, Campaign, Recipient, Template
from services.outbox.events import (
    brand_changed,
    deliverability_changed,
    dispatch_changed,
)

DISPATCHES, GATES, RECIPIENTS = "dispatches", "gates", "recipients"
CAMPAIGNS, BRANDS, TEMPLATES, KEYS = "campaigns", "brands", "templates", "keys"
ADDRESS = "address:"
"""How the id of an address's gate begins; a customer's gate has the customer's id."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    DISPATCHES: [
        IndexModel([("phase", ASCENDING), ("next_try_at", ASCENDING)]),
        IndexModel(
            [("claimed_until", ASCENDING)], partialFilterExpression={"phase": str(Phase.CLAIMED)}, name="claimed"
        ),
        IndexModel(
            [("committed_at", ASCENDING)], partialFilterExpression={"phase": str(Phase.COMMITTED)}, name="committed"
        ),
        IndexModel([("customer_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("campaign_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("wave", ASCENDING)], unique=True, partialFilterExpression={"wave": {"$exists": True}}),
    ],
    GATES: (),
    RECIPIENTS: (),
    CAMPAIGNS: (),
    BRANDS: (),
    TEMPLATES: (),
    KEYS: (),
}

HOLDS = {RECIPIENTS: "_id", GATES: "_id", DISPATCHES: "customer_id"}
"""What is known of a customer."""

T = TypeVar("T")


class Codec(Generic[T]):
    """Domain objects as documents, and back."""

    def __init__(self, kind: type[T]) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def read(self, document: Mapping[str, Any]) -> T:
        """A stored object."""
        return self._adapter.validate_python({**document, "id": document["_id"]})

    def write(self, value: T) -> Document:
        """As it is stored."""
        document: Document = self._adapter.dump_python(value)
        return {"_id": document.pop("id"), **{k: str(v) if isinstance(v, Phase) else v for k, v in document.items()}}


dispatches, gates, recipients = Codec(Dispatch), Codec(Gate), Codec(Recipient)
campaigns, brands, templates = Codec(Campaign), Codec(Brand), Codec(Template)


async def load(tx: Transaction, name: str, codec: Codec[T], ids: Iterable[str]) -> dict[str, T]:
    """Those of these that are known."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, session=tx.session)
    return {document["_id"]: codec.read(document) async for document in cursor}


async def of_customers(tx: Transaction, customer_ids: Iterable[str]) -> list[Dispatch]:
    """All records of these customers."""
    cursor = tx.collection(DISPATCHES).find({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
    return [dispatches.read(document) async for document in cursor]


async def on_the_way(database: Database, gate_ids: Sequence[str]) -> bool:
    """Whether a mail that passed one of these gates may not have landed yet."""
    query = {"_id": {"$in": list(gate_ids)}, "$expr": {"$gt": ["$inflight_until", "$$NOW"]}}
    return await database.collection(GATES).find_one(query, {"_id": 1}) is not None


async def keep_address_key(database: Database, fingerprint: str) -> bool:
    """Remember the first key that addresses are hashed with; false for any other than that one."""
    rows = database.collection(KEYS)
    await rows.update_one({"_id": "addresses"}, {"$setOnInsert": {"fingerprint": fingerprint}}, upsert=True)
    return await rows.find_one({"_id": "addresses", "fingerprint": fingerprint}) is not None


async def one(database: Database, name: str, codec: Codec[T], id_: str | None) -> T | None:
    """One, outside a transaction."""
    document = await database.collection(name).find_one({"_id": {"$eq": id_}})
    return codec.read(document) if document else None


async def save_dispatches(tx: Transaction, changed: Sequence[Dispatch], *, tell: bool = True) -> list[Dispatch]:
    """Store records; told ones under their next seq. The wave's mark, set by the gate, stays."""
    saved = [replace(dispatch, seq=dispatch.seq + 1) if tell else dispatch for dispatch in changed]
    writes: list[Write] = []
    for dispatch in saved:
        document = dispatches.write(dispatch)
        id_ = document.pop("_id")
        writes.append(UpdateOne({"_id": id_}, {"$set": document}, upsert=True))
    if writes:
        await tx.collection(DISPATCHES).bulk_write(writes, session=tx.session)
    if tell:
        await tx.publish(topics.OUTBOX_DISPATCHES, [_dispatch_event(dispatch) for dispatch in saved])
    return saved


async def save_gates(tx: Transaction, before: Mapping[str, Gate], changed: Iterable[Gate], now: datetime) -> None:
    """Store gates; tell of customers whose status is another."""
    writes: list[Write] = []
    told = []
    for gate in changed:
        known = before.get(gate.id, Gate(id=gate.id))
        if gate == known:
            continue
        stored = gate
        if _is_news(known, gate):
            stored = replace(gate, seq=gate.seq + 1)
            told.append(stored)
        writes.append(ReplaceOne({"_id": gate.id}, gates.write(stored), upsert=True))
    if writes:
        await tx.collection(GATES).bulk_write(writes, session=tx.session)
    await tx.publish(topics.OUTBOX_DELIVERABILITY, [_gate_event(gate, now) for gate in told])


async def claim(database: Database, token: str, seconds: float) -> tuple[Dispatch, datetime] | None:
    """Take the record that has waited longest, or one that a dead worker left before the gate; and the time it is.

    Times are the database's, so that no process frees what another holds because their clocks differ.
    """
    span = int(seconds * 1000)
    until = {"$add": ["$$NOW", span]}
    taken = {"phase": str(Phase.CLAIMED), "token": {"$literal": token}, "claimed_until": until}
    for phase, due in ((Phase.QUEUED, "next_try_at"), (Phase.CLAIMED, "claimed_until")):
        document = await database.collection(DISPATCHES).find_one_and_update(
            {"phase": str(phase), "$expr": {"$lte": [f"${due}", "$$NOW"]}},
            [{"$set": taken}],
            sort=[(due, ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if document:
            found = dispatches.read(document)
            return found, document["claimed_until"] - timedelta(milliseconds=span)
    return None


async def mark_wave(tx: Transaction, dispatch: Dispatch, address: str) -> bool:
    """Take this mailbox for this wave of the campaign; false where another customer's record has it."""
    wave = f"{dispatch.campaign_id}|{dispatch.cycle}|{dispatch.reminder_number or 0}|{address}"
    rows = tx.collection(DISPATCHES)
    holder = await rows.find_one({"wave": wave}, {"_id": 1}, session=tx.session)
    if holder is not None:
        return bool(holder["_id"] == dispatch.id)
    await rows.update_one({"_id": dispatch.id}, {"$set": {"wave": wave}}, session=tx.session)
    return True


async def stranded(tx: Transaction, before: datetime, limit: int) -> list[Dispatch]:
    """Records that went through the gate long ago and of which nothing was heard since."""
    query = {"phase": str(Phase.COMMITTED), "committed_at": {"$lte": before}}
    cursor = tx.collection(DISPATCHES).find(query, session=tx.session).limit(limit)
    return [dispatches.read(document) async for document in cursor]


async def save_brand(tx: Transaction, brand: Brand, now: datetime) -> None:
    """Store a brand and tell others."""
    await tx.collection(BRANDS).replace_one({"_id": brand.id}, brands.write(brand), upsert=True, session=tx.session)
    event = Outgoing(subject=brand.id, seq=brand.seq, type=BrandChanged.type, data=brand_changed(brand, now), time=now)
    await tx.publish(topics.OUTBOX_BRANDS, [event])


async def save_template(tx: Transaction, template: Template) -> None:
    """Store a template."""
    document = templates.write(template)
    await tx.collection(TEMPLATES).replace_one({"_id": template.id}, document, upsert=True, session=tx.session)


def _is_news(known: Gate, gate: Gate) -> bool:
    """Whether others must hear of it: a customer's status is another, or all that was said of it is to be forgotten."""
    if gate.id.startswith(ADDRESS):
        return False
    if gate.gone is Gone.ERASED:
        return known.gone is not Gone.ERASED and known.seq > 0
    return (gate.status, gate.evidence) != (known.status, known.evidence)


def _dispatch_event(dispatch: Dispatch) -> Outgoing:
    return Outgoing(
        subject=dispatch.id,
        seq=dispatch.seq,
        type=DispatchChanged.type,
        data=dispatch_changed(dispatch),
        time=dispatch.changed_at,
        partition_key=dispatch.customer_id,
    )


def _gate_event(gate: Gate, now: datetime) -> Outgoing:
    return Outgoing(
        subject=gate.id,
        seq=gate.seq,
        type=DeliverabilityChanged.type,
        data=None if gate.gone is Gone.ERASED else deliverability_changed(gate, now),
        time=now,
    )
