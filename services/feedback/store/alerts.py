"""Alerts; for each answer and alert one row, whose insert is the claim; and what is to be told in one go."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from chassis.mongo import ASCENDING, DESCENDING, Database, Document, ReturnDocument, Transaction, UpdateOne, Write
from services.feedback.domain.alert import Alert, Notice
from services.feedback.domain.webhook import Decision, Outcome
from services.feedback.store.collections import ALERT_HITS, ALERT_NOTICES, ALERTS
from services.feedback.store.kept import Kept

WAITING, DROPPED = "waiting", "dropped"
Hit = tuple[str, str, str, datetime]
"""Alert, answer, notice, and when that is due."""
_notices = TypeAdapter(Notice)
_kept = Kept(ALERTS, Alert, "alert")
alert_from, alert, alerts_in = _kept.read, _kept.get, _kept.all
save_alert = _kept.save


async def all_alerts(database: Database) -> list[Alert]:
    """All, by name."""
    cursor = database.collection(ALERTS).find().sort([("name", ASCENDING), ("_id", ASCENDING)])
    return [alert_from(document) async for document in cursor]


async def remove_alert(tx: Transaction, id_: str) -> None:
    """Remove it with its log and all that it was still to tell."""
    await tx.collection(ALERTS).delete_one({"_id": id_}, session=tx.session)
    for name in (ALERT_HITS, ALERT_NOTICES):
        await tx.collection(name).delete_many({"alert_id": id_}, session=tx.session)


async def known_hits(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """Those of these, written `alert|answer`, that there are."""
    cursor = tx.collection(ALERT_HITS).find({"_id": {"$in": list(ids)}}, {"_id": 1}, session=tx.session)
    return {row["_id"] async for row in cursor}


async def add_hits(tx: Transaction, hits: Sequence[Hit], now: datetime) -> None:
    """Claim answers for alerts, each to be told in its notice."""
    if not hits:
        return
    rows = [
        {"_id": f"{alert_id}|{response_id}", "alert_id": alert_id, "response_id": response_id, "notice_id": notice_id}
        for alert_id, response_id, notice_id, _ in hits
    ]
    await tx.collection(ALERT_HITS).insert_many([{**row, "at": now} for row in rows], session=tx.session)
    fresh: Mapping[str, Any] = {"state": WAITING, "attempts": 0, "status": None, "fault": None, "ended_at": None}
    writes: list[Write] = [
        UpdateOne(
            {"_id": notice_id},
            {
                "$inc": {"count": 1},
                "$setOnInsert": {**fresh, "alert_id": alert_id, "due_at": due_at, "next_try_at": due_at},
            },
            upsert=True,
        )
        for alert_id, _, notice_id, due_at in hits
    ]
    await tx.collection(ALERT_NOTICES).bulk_write(writes, session=tx.session)


async def due_alerts(database: Database) -> list[str]:
    """Those that have something to tell now."""
    due = {"state": WAITING, "next_try_at": {"$lte": await database.now()}}
    found: list[str] = await database.collection(ALERT_NOTICES).distinct("alert_id", due)
    return found


async def claim_notice(database: Database, alert_id: str, token: str, seconds: float) -> Notice | None:
    """A notice that is due; ours until so many seconds have passed by the database's clock."""
    now = await database.now()
    document = await database.collection(ALERT_NOTICES).find_one_and_update(
        {"alert_id": alert_id, "state": WAITING, "next_try_at": {"$lte": now}},
        [
            {
                "$set": {
                    "token": {"$literal": token},
                    "next_try_at": now + timedelta(seconds=seconds),
                    "since": {"$ifNull": ["$since", now]},
                }
            }
        ],
        sort=[("next_try_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )
    return _notices.validate_python({**document, "id": document["_id"]}) if document else None


async def told_in(tx: Transaction, notice_id: str, limit: int) -> list[str]:
    """The answers of a notice, the first heard first."""
    cursor = tx.collection(ALERT_HITS).find({"notice_id": notice_id}, {"response_id": 1}, session=tx.session)
    return [row["response_id"] for row in await cursor.sort([("at", ASCENDING), ("_id", ASCENDING)]).to_list(limit)]


async def conclude_notice(tx: Transaction, notice: Notice, decision: Decision | None, said: Document) -> None:
    """Store what came of an attempt; without a decision there was nothing left to tell."""
    over = decision is None or decision.outcome is not Outcome.AGAIN
    state = DROPPED if decision is None else str(decision.outcome) if over else WAITING
    change: Document = {"state": state, "ended_at": await tx.now() if over else None, **said}
    if decision is not None and decision.next_try_at is not None:
        change["next_try_at"] = decision.next_try_at
    await tx.collection(ALERT_NOTICES).update_one(
        {"_id": notice.id, "token": notice.token},
        {"$set": change, "$inc": {"attempts": 0 if decision is None else 1}, "$unset": {"token": ""}},
        session=tx.session,
    )


async def notices_of(database: Database, alert_id: str, *, skip: int, limit: int) -> list[Document]:
    """The log of an alert, newest first."""
    cursor = database.collection(ALERT_NOTICES).find({"alert_id": {"$eq": alert_id}})
    return await cursor.sort([("due_at", DESCENDING), ("_id", DESCENDING)]).skip(skip).to_list(limit)
