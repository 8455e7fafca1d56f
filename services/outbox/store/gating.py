"""Gates, of customers and of addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sounding_contracts import topics
from sounding_contracts.deliverability import DeliverabilityChanged

from chassis.mongo import Database, Document, ReplaceOne, Transaction, Write
from chassis.pending import Outgoing
from services.outbox.domain.deliverability import Gate, Gone
from services.outbox.domain.dispatch import Dispatch
from services.outbox.events import deliverability_changed
from services.outbox.store.codec import gates
from services.outbox.store.collections import ADDRESS, GATES, KEYS


async def on_the_way(database: Database, gate_ids: Sequence[str]) -> bool:
    """Whether a mail that passed one of these gates may not have landed yet."""
    query = {"_id": {"$in": list(gate_ids)}, "$expr": {"$gt": ["$inflight_until", "$$NOW"]}}
    return await database.collection(GATES).find_one(query, {"_id": 1}) is not None


async def keep_address_key(database: Database, fingerprint: str) -> bool:
    """Remember the first key that addresses are hashed with; false for any other than that one."""
    rows = database.collection(KEYS)
    await rows.update_one({"_id": "addresses"}, {"$setOnInsert": {"fingerprint": fingerprint}}, upsert=True)
    return await rows.find_one({"_id": "addresses", "fingerprint": fingerprint}) is not None


async def clear_gates(tx: Transaction, landed: Sequence[tuple[Dispatch, str]]) -> None:
    """Free the gates of mails that are on their way no more; where another has passed since, that one's stay."""
    ids = {id_ for dispatch, address in landed for id_ in (dispatch.customer_id, address)}
    if ids:
        query = {"_id": {"$in": sorted(ids)}, "inflight": {"$in": [dispatch.id for dispatch, _ in landed]}}
        free = {"$set": {"inflight": None, "inflight_until": None}}
        await tx.collection(GATES).update_many(query, free, session=tx.session)


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
            moment = None if gate.gone is Gone.ERASED else gate.changed_at or now
            stored = replace(gate, seq=gate.seq + 1, changed_at=moment)
            told.append(stored)
        writes.append(ReplaceOne({"_id": gate.id}, gates.write(stored), upsert=True))
    if writes:
        await tx.collection(GATES).bulk_write(writes, session=tx.session)
    await tx.publish(topics.OUTBOX_DELIVERABILITY, [_gate_event(gate, now) for gate in told])


def _is_news(known: Gate, gate: Gate) -> bool:
    """Whether others must hear of it: a customer's status is another, or all that was said of it is to be forgotten."""
    if gate.id.startswith(ADDRESS):
        return False
    if gate.gone is Gone.ERASED:
        return known.gone is not Gone.ERASED and known.seq > 0
    told, before = ((one.status, one.evidence, one.wishes, one.rests_until) for one in (gate, known))
    return told != before


def gates_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of stored gates last."""
    return [_gate_event(gates.read(document), now) for document in documents]


def _gate_event(gate: Gate, now: datetime) -> Outgoing:
    return Outgoing(
        subject=gate.id,
        seq=gate.seq,
        type=DeliverabilityChanged.type,
        data=None if gate.gone is Gone.ERASED else deliverability_changed(gate, now),
        time=now,
    )
