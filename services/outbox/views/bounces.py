"""What can be seen of bounces, and of what came in."""

from datetime import datetime, timedelta
from typing import Any

from chassis.errors import NotFound
from chassis.mongo import DESCENDING, Database, Document
from services.outbox import store
from services.outbox.schemas import BounceBody, BouncePage, IncomingBody, IncomingText, PolicyRow

SHOWN = 20_000


async def bounces(database: Database, query: Document, *, after: str | None, limit: int) -> BouncePage:
    """Bounces and complaints, by id downwards."""
    if after:
        query = {**query, "_id": {"$lt": after}}
    rows = await database.collection(store.BOUNCES).find(query).sort("_id", DESCENDING).limit(limit).to_list(None)
    items = [BounceBody.model_validate({**row, "id": row["_id"]}) for row in rows]
    return BouncePage(items=items, next=items[-1].id if len(items) == limit else None)


async def refused_by_policy(database: Database, now: datetime, days: int) -> list[PolicyRow]:
    """By domain, template and reason, the most first: where to look before mail is sent on."""
    match = {"kind": "policy", "occurred_at": {"$gte": now - timedelta(days=days)}}
    by = {"domain": "$domain", "template_id": "$template_id", "reason": "$reason"}
    group: Document = {
        "_id": by,
        "count": {"$sum": 1},
        "last_at": {"$max": "$occurred_at"},
        "evidence": {"$last": "$evidence"},
    }
    rows: Any = database.collection(store.BOUNCES).aggregate(
        [{"$match": match}, {"$group": group}, {"$sort": {"count": -1, "last_at": -1}}, {"$limit": 500}]
    )
    return [PolicyRow.model_validate({**row, **row["_id"]}) async for row in rows]


async def incoming(database: Database, state: str, limit: int) -> list[IncomingBody]:
    """What came in and is in this state, the latest first."""
    rows = database.collection(store.INCOMING).find({"state": {"$eq": state}}).sort("received_at", DESCENDING)
    return [IncomingBody.model_validate(_shown(row)) for row in await rows.limit(limit).to_list(None)]


async def one_incoming(database: Database, id_: str) -> IncomingText:
    """One, with its beginning. Raises `NotFound`."""
    row = await database.collection(store.INCOMING).find_one({"_id": {"$eq": id_}})
    if row is None:
        raise not_found()
    text = bytes(row.get("raw") or b"")[:SHOWN].decode("utf-8", "replace")
    return IncomingText.model_validate({**_shown(row), "text": text})


def not_found() -> NotFound:
    """There is none, or none that is set aside."""
    return NotFound("incoming-not-found", "Nothing with this id is set aside.")


def _shown(row: Document) -> Document:
    raw = row.get("raw")
    return {**row, "id": row["_id"], "size": len(raw) if raw is not None else None}
