"""Rules of autoreplies, and for each answer that one wants a row: the insert is the claim, so there is never a second."""

from collections.abc import Sequence
from datetime import datetime

from sounding_contracts import topics
from sounding_contracts.autoreplies import AutoreplyRequested

from chassis.mongo import ASCENDING, DESCENDING, Database, Document, Transaction, UpdateOne, Write
from chassis.pending import Outgoing
from services.feedback.domain.autoreply import Autoreply
from services.feedback.store.collections import AUTOREPLIES, AUTOREPLY_ROWS
from services.feedback.store.kept import Kept

WAITING, REQUESTED, DROPPED = "waiting", "requested", "dropped"
_kept = Kept(AUTOREPLIES, Autoreply, "autoreply")
autoreply_from, autoreply, autoreplies_in = _kept.read, _kept.get, _kept.all
save_autoreply = _kept.save


async def all_autoreplies(database: Database) -> list[Autoreply]:
    """All, the oldest first: so they are asked."""
    cursor = database.collection(AUTOREPLIES).find().sort([("created_at", ASCENDING), ("_id", ASCENDING)])
    return [autoreply_from(document) async for document in cursor]


async def remove_autoreply(tx: Transaction, id_: str) -> None:
    """Remove it. What was claimed by it stays, so that no answer is followed twice."""
    await tx.collection(AUTOREPLIES).delete_one({"_id": id_}, session=tx.session)


async def claimed(tx: Transaction, response_ids: Sequence[str]) -> set[str]:
    """Those of these answers that have a row."""
    cursor = tx.collection(AUTOREPLY_ROWS).find({"_id": {"$in": list(response_ids)}}, {"_id": 1}, session=tx.session)
    return {row["_id"] async for row in cursor}


async def claim(tx: Transaction, rows: Sequence[tuple[str, str, datetime]], now: datetime) -> None:
    """Claim answers: which, for which rule, due when."""
    if rows:
        documents = [
            {"_id": id_, "rule_id": rule_id, "due_at": due_at, "state": WAITING, "reason": None, "at": now}
            for id_, rule_id, due_at in rows
        ]
        await tx.collection(AUTOREPLY_ROWS).insert_many(documents, session=tx.session)


async def due(tx: Transaction, limit: int) -> list[Document]:
    """Rows whose time has come, the longest due first."""
    query = {"state": WAITING, "due_at": {"$lte": await tx.now()}}
    return await tx.collection(AUTOREPLY_ROWS).find(query, session=tx.session).sort("due_at", ASCENDING).to_list(limit)


async def conclude(tx: Transaction, ended: Sequence[Document], requests: Sequence[AutoreplyRequested]) -> None:
    """Store what became of rows, together with the requests that go out for them."""
    writes: list[Write] = [UpdateOne({"_id": row["_id"]}, {"$set": row}) for row in ended]
    if writes:
        await tx.collection(AUTOREPLY_ROWS).bulk_write(writes, session=tx.session)
    await tx.publish(topics.FEEDBACK_AUTOREPLY_REQUESTS, [_event(one) for one in requests])


async def rows_of(database: Database, rule_id: str, *, after: str | None, limit: int) -> list[Document]:
    """What became of the answers that a rule wanted, the newest answers first."""
    query: Document = {"rule_id": {"$eq": rule_id}} | ({"_id": {"$lt": after}} if after else {})
    return await database.collection(AUTOREPLY_ROWS).find(query).sort("_id", DESCENDING).to_list(limit)


def _event(request: AutoreplyRequested) -> Outgoing:
    return Outgoing(
        subject=request.autoreply_id,
        seq=1,
        type=AutoreplyRequested.type,
        data=request,
        time=request.requested_at,
        key=request.customer_id,
        partition_key=request.customer_id,
    )
