"""Bounces and complaints as facts, and what has come in and waits to be read."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sounding_contracts import topics

from chassis.mongo import ASCENDING, Database, Document, DuplicateKeyError, ReturnDocument, Transaction
from chassis.pending import Outgoing
from services.outbox.domain.returned import Fact
from services.outbox.events.bounces import bounce_recorded
from services.outbox.store.codec import Codec
from services.outbox.store.collections import BOUNCES, DISPATCHES, INCOMING

WAITING, DONE, UNREADABLE, DISCARDED = "waiting", "done", "unreadable", "discarded"
MAX_TRIES = 8

facts = Codec(Fact)


async def keep_incoming(database: Database, id_: str, source: str, raw: bytes, recipients: Iterable[str] = ()) -> bool:
    """Store what came in, before anything is done with it; false where it is known."""
    row = {
        "_id": id_,
        "source": source,
        "recipients": list(recipients),
        "raw": raw,
        "state": WAITING,
        "tries": 0,
    }
    moment = await database.now()
    try:
        await database.collection(INCOMING).insert_one({**row, "due_at": moment, "received_at": moment})
    except DuplicateKeyError:
        return False
    return True


async def claim_incoming(database: Database, seconds: float) -> Document | None:
    """Take what has waited longest; another takes it where this process dies."""
    found: Document | None = await database.collection(INCOMING).find_one_and_update(
        {"state": WAITING, "$expr": {"$lte": ["$due_at", "$$NOW"]}},
        [{"$set": {"tries": {"$add": ["$tries", 1]}, "due_at": {"$add": ["$$NOW", int(seconds * 1000)]}}}],
        sort=[("due_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )
    return found


async def put_incoming_back(database: Database, id_: str, tries: int) -> None:
    """Reading it failed for now: again later, each time later than the last."""
    later = [{"$set": {"due_at": {"$add": ["$$NOW", 1000 * 2**tries]}}}]
    await database.collection(INCOMING).update_one({"_id": id_, "state": WAITING}, later)


async def finish_incoming(database: Database, id_: str, outcome: dict[str, int]) -> None:
    """It was worked off: what it said of whom is kept no longer, only that it was here."""
    change = {"$set": {"state": DONE, "outcome": outcome}, "$unset": {"raw": "", "recipients": "", "reason": ""}}
    await database.collection(INCOMING).update_one({"_id": id_}, change)


async def set_incoming_aside(database: Database, id_: str, reason: str) -> None:
    """Nobody could read it: for an operator to look at."""
    change = {"$set": {"state": UNREADABLE, "reason": reason[:300]}}
    await database.collection(INCOMING).update_one({"_id": id_}, change)


async def move_incoming(database: Database, id_: str, state: str) -> Document | None:
    """Have it read again, or discard it; none where it is not set aside."""
    change: dict[str, Any] = {"$set": {"state": state, "tries": 0}, "$currentDate": {"due_at": True}}
    if state == DISCARDED:
        change["$unset"] = {"raw": "", "recipients": ""}
    found: Document | None = await database.collection(INCOMING).find_one_and_update(
        {"_id": {"$eq": id_}, "state": UNREADABLE}, change, return_document=ReturnDocument.AFTER
    )
    return found


async def knows_fact(tx: Transaction, id_: str) -> bool:
    """Whether this was told before."""
    return await tx.collection(BOUNCES).find_one({"_id": id_}, {"_id": 1}, session=tx.session) is not None


async def save_fact(tx: Transaction, fact: Fact) -> None:
    """Keep a fact and tell others."""
    await tx.collection(BOUNCES).insert_one(facts.write(fact), session=tx.session)
    await tx.publish(topics.OUTBOX_BOUNCES, [_fact_event(fact)])


def _fact_event(fact: Fact) -> Outgoing:
    data = bounce_recorded(fact)
    return Outgoing(
        subject=fact.id,
        seq=1,
        type=data.type,
        data=data,
        time=fact.occurred_at,
        key=fact.customer_id,
        partition_key=fact.customer_id,
    )


def facts_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of facts, of those that would still be on their topic."""
    kept = timedelta(days=topics.OUTBOX_BOUNCES.retention_days or 0)
    read = [facts.read(document) for document in documents]
    return [_fact_event(fact) for fact in read if fact.occurred_at > now - kept]


async def forget_bounces(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Take away what came back from those who were erased."""
    await tx.collection(BOUNCES).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)


async def mailbox_of(tx: Transaction, dispatch_id: str) -> str | None:
    """The id of the gate of the address that a record's mail went to."""
    found = await tx.collection(DISPATCHES).find_one({"_id": dispatch_id}, {"wave": 1}, session=tx.session)
    wave = str(found.get("wave", "")) if found else ""
    return wave.rpartition("|")[2] or None


async def of_message_ids(tx: Transaction, message_ids: Iterable[str]) -> str | None:
    """The record whose mail has one of these Message-IDs: its local part is the record's id, or what a provider named it."""
    bare = [one.strip("<>") for one in message_ids]
    named = {one.partition("@")[0]: f"<{one}>" for one in bare}
    rows = tx.collection(DISPATCHES)
    async for found in rows.find({"_id": {"$in": list(named)}}, {"message_id": 1}, session=tx.session):
        if found.get("message_id") == named[found["_id"]]:
            return str(found["_id"])
    known = await rows.find_one({"provider_id": {"$in": [*named, *bare]}}, {"_id": 1}, session=tx.session)
    return str(known["_id"]) if known else None
