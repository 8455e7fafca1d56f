"""Survey records."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sounding_contracts import topics
from sounding_contracts.dispatches import DispatchChanged

from chassis.mongo import Database, Document, Transaction, UpdateOne, Write
from chassis.pending import Outgoing
from services.outbox.domain.dispatch import Dispatch, Phase
from services.outbox.domain.figures import counted
from services.outbox.events import dispatch_changed
from services.outbox.store.codec import dispatches
from services.outbox.store.collections import DISPATCHES, NEWEST


async def of_customers(tx: Transaction, customer_ids: Iterable[str]) -> list[Dispatch]:
    """All records of these customers."""
    cursor = tx.collection(DISPATCHES).find({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
    return [dispatches.read(document) async for document in cursor]


async def found(database: Database, query: Document, limit: int) -> list[Dispatch]:
    """Records that match, the newest first."""
    cursor = database.collection(DISPATCHES).find(query).sort(NEWEST).limit(limit)
    return [dispatches.read(document) for document in await cursor.to_list(None)]


async def save_dispatches(tx: Transaction, changed: Sequence[Dispatch], *, tell: bool = True) -> list[Dispatch]:
    """Store records; told ones under their next seq. The wave's mark, set by the gate, stays."""
    saved = [replace(dispatch, seq=dispatch.seq + 1) if tell else dispatch for dispatch in changed]
    writes: list[Write] = []
    for dispatch in saved:
        document = dispatches.write(dispatch)
        id_ = document.pop("_id")
        if counted(dispatch) is not None:
            document["uncounted"] = True
        writes.append(UpdateOne({"_id": id_}, {"$set": document}, upsert=True))
    if writes:
        await tx.collection(DISPATCHES).bulk_write(writes, session=tx.session)
    if tell:
        await tx.publish(topics.OUTBOX_DISPATCHES, [_dispatch_event(dispatch) for dispatch in saved])
    return saved


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


def _dispatch_event(dispatch: Dispatch) -> Outgoing:
    return Outgoing(
        subject=dispatch.id,
        seq=dispatch.seq,
        type=DispatchChanged.type,
        data=dispatch_changed(dispatch),
        time=dispatch.changed_at,
        partition_key=dispatch.customer_id,
    )
