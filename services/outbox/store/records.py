"""Survey records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sounding_contracts import topics
from sounding_contracts.dispatches import DispatchChanged

from chassis.mongo import DESCENDING, Database, Document, Transaction, UpdateOne, Write
from chassis.pending import Outgoing
from services.outbox.domain.dispatch import WAITING, Dispatch, Phase
from services.outbox.domain.figures import counted
from services.outbox.events import dispatch_changed
from services.outbox.store.codec import dispatches
from services.outbox.store.collections import DISPATCHES, NEWEST

COMMITTED = (
    "committed_at",
    "template_id",
    "brand_id",
    "subject_line",
    "language",
    "message_id",
    "template_version",
    "look",
    "filled_with",
)
"""What the gate writes into a record, beside its phase and wave."""


async def of_customers(tx: Transaction, customer_ids: Iterable[str]) -> list[Dispatch]:
    """All records of these customers."""
    cursor = tx.collection(DISPATCHES).find({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
    return [dispatches.read(document) async for document in cursor]


async def found(database: Database, query: Document, limit: int) -> list[Dispatch]:
    """Records that match, the newest first."""
    cursor = database.collection(DISPATCHES).find(query).sort(NEWEST).limit(limit)
    return [dispatches.read(document) for document in await cursor.to_list(None)]


async def save_dispatches(tx: Transaction, changed: Sequence[Dispatch], *, tell: bool = True) -> list[Dispatch]:
    """Store records; told ones under their next seq. The wave's mark, set by the gate, stays.

    Of mails for answers nobody is told: they are no surveys, and would be taken for such.
    """
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
        surveys = [dispatch for dispatch in saved if dispatch.follows is None]
        for dispatch in surveys:
            tx.caused_by(dispatch.customer_id, dispatch.trace)
        await tx.publish(topics.OUTBOX_DISPATCHES, [_dispatch_event(dispatch) for dispatch in surveys])
    return saved


async def commit_dispatches(tx: Transaction, let_out: Sequence[Dispatch], waves: Mapping[str, str]) -> None:
    """Store that these were let out, each with its wave's mark. Nobody is told yet."""
    mark = {id_: wave for wave, id_ in waves.items()}
    writes: list[Write] = []
    for dispatch in let_out:
        rendered = {name: getattr(dispatch, name) for name in COMMITTED}
        fields = {**rendered, "phase": str(dispatch.phase), "wave": mark[dispatch.id]}
        writes.append(UpdateOne({"_id": dispatch.id}, {"$set": fields}))
    if writes:
        await tx.collection(DISPATCHES).bulk_write(writes, session=tx.session)


def wave_of(dispatch: Dispatch, address: str) -> str:
    """A mailbox in a wave of a campaign: one record has it, whatever customer it is of. What is sent again is a new wave.

    So is each answer that a mail follows.
    """
    if dispatch.follows is not None:
        return f"{dispatch.follows}|{dispatch.again_of or ''}|{address}"
    cycle = f"{dispatch.cycle}+{dispatch.again_of}" if dispatch.again_of else str(dispatch.cycle)
    return f"{dispatch.campaign_id}|{cycle}|{dispatch.reminder_number or 0}|{address}"


async def wave_holders(tx: Transaction, wanted: Iterable[tuple[Dispatch, str]]) -> dict[str, str]:
    """Which record has each of these waves' mailboxes, of those that one has."""
    waves = [wave_of(dispatch, address) for dispatch, address in wanted]
    cursor = tx.collection(DISPATCHES).find({"wave": {"$in": waves}}, {"wave": 1}, session=tx.session)
    return {document["wave"]: document["_id"] for document in await cursor.to_list(None)}


async def waiting_of(tx: Transaction, campaign_id: str, limit: int) -> list[Dispatch]:
    """Records of a campaign that have not come to the gate; first who would be last, farthest from the senders."""
    query: Document = {"phase": {"$in": [str(phase) for phase in WAITING]}, "campaign_id": {"$eq": campaign_id}}
    cursor = tx.collection(DISPATCHES).find(query, session=tx.session).sort("next_try_at", DESCENDING).limit(limit)
    return [dispatches.read(document) for document in await cursor.to_list(None)]


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
        trace=dispatch.trace,
    )


def dispatches_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of stored records last."""
    del now
    return [_dispatch_event(dispatches.read(document)) for document in documents]
