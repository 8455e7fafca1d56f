"""Webhooks, and for each of them and each customer a line of answers that it is still to be told of.

A line holds ids only: what is sent is the answer as it is when it is sent, so nothing of a person lies here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from chassis.mongo import ASCENDING, DESCENDING, Database, Document, ReturnDocument, Transaction, UpdateOne, Write
from services.feedback.domain.webhook import Decision, Line, Outcome, Webhook
from services.feedback.store.collections import WEBHOOK_ATTEMPTS, WEBHOOK_LINES, WEBHOOK_REPLAYS, WEBHOOKS
from services.feedback.store.kept import Kept

NEVER = datetime(9999, 1, 1, tzinfo=UTC)

_kept = Kept(WEBHOOKS, Webhook, "webhook")
webhook_from, webhook, webhooks_in = _kept.read, _kept.get, _kept.all
save_webhook = _kept.save
_lines = TypeAdapter(Line)


async def remove_webhook(tx: Transaction, id_: str) -> None:
    """Remove it with all that it was still to be told, and its log."""
    await tx.collection(WEBHOOKS).delete_one({"_id": id_}, session=tx.session)
    for name in (WEBHOOK_LINES, WEBHOOK_ATTEMPTS, WEBHOOK_REPLAYS):
        await tx.collection(name).delete_many({"webhook_id": id_}, session=tx.session)


async def all_webhooks(database: Database) -> list[Webhook]:
    """All, by name."""
    cursor = database.collection(WEBHOOKS).find().sort([("name", ASCENDING), ("_id", ASCENDING)])
    return [webhook_from(document) async for document in cursor]


async def line_up(tx: Transaction, news: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Put news at the end of lines: webhook, whose line, which news. What waits there already stays where it is."""
    queues: dict[tuple[str, str], list[str]] = {}
    for webhook_id, owner, one in news:
        queues.setdefault((webhook_id, owner), []).append(one)
    writes: list[Write] = [
        UpdateOne(
            {"_id": f"{webhook_id}|{owner}"},
            {
                "$addToSet": {"queue": {"$each": told}},
                "$setOnInsert": {"webhook_id": webhook_id, "next_try_at": now, "attempts": 0},
            },
            upsert=True,
        )
        for (webhook_id, owner), told in queues.items()
    ]
    if writes:
        await tx.collection(WEBHOOK_LINES).bulk_write(writes, session=tx.session)


async def owner_of(tx: Transaction, webhook_id: str, response_id: str) -> str:
    """Whose line news of an answer belongs to that is there no more: where other news of it wait, else its own."""
    waits = {"$elemMatch": {"$gte": f"{response_id}:", "$lt": f"{response_id};"}}
    asked = {"webhook_id": webhook_id, "queue": waits}
    line = await tx.collection(WEBHOOK_LINES).find_one(asked, {"_id": 1}, session=tx.session)
    return str(line["_id"]).partition("|")[2] if line else response_id


async def due_webhooks(database: Database) -> list[str]:
    """Those that have something to be told now."""
    found: list[str] = await database.collection(WEBHOOK_LINES).distinct(
        "webhook_id", {"next_try_at": {"$lte": await database.now()}}
    )
    return found


async def claim_line(database: Database, webhook_id: str, token: str, seconds: float) -> Line | None:
    """A line whose first answer is to be told now; ours until so many seconds have passed by the database's clock."""
    now = await database.now()
    document = await database.collection(WEBHOOK_LINES).find_one_and_update(
        {"webhook_id": webhook_id, "next_try_at": {"$lte": now}},
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
    return _lines.validate_python({**document, "id": document["_id"]}) if document else None


async def conclude_line(tx: Transaction, line: Line, decision: Decision, attempt: Mapping[str, Any] | None) -> bool:
    """Let a line go on after an attempt, and log that; false where another process has the line by now."""
    lines, mine = tx.collection(WEBHOOK_LINES), {"_id": line.id, "token": line.token}
    over = decision.outcome is not Outcome.AGAIN
    if over:
        change: Document = {
            "$pull": {"queue": line.queue[0]},
            "$set": {"next_try_at": await tx.now(), "attempts": 0},
            "$unset": {"since": "", "token": ""},
        }
    else:
        change = {"$set": {"next_try_at": decision.next_try_at}, "$inc": {"attempts": 1}, "$unset": {"token": ""}}
    if not (await lines.update_one(mine, change, session=tx.session)).modified_count:
        return False
    if over:
        await lines.delete_one({"_id": line.id, "queue": {"$size": 0}}, session=tx.session)
    if attempt is not None:
        await tx.collection(WEBHOOK_ATTEMPTS).insert_one(dict(attempt), session=tx.session)
    return True


async def rest_line(tx: Transaction, line: Line) -> None:
    """Leave a line whose webhook is paused to whoever ends the pause; nothing was tried."""
    change = {"$set": {"next_try_at": NEVER}, "$unset": {"since": "", "token": ""}}
    await tx.collection(WEBHOOK_LINES).update_one({"_id": line.id, "token": line.token}, change, session=tx.session)


async def release_lines(tx: Transaction, webhook_id: str, now: datetime) -> None:
    """Let all lines of a webhook be tried at once."""
    query = {"webhook_id": webhook_id, "next_try_at": {"$gt": now}, "token": None}
    await tx.collection(WEBHOOK_LINES).update_many(query, {"$set": {"next_try_at": now}}, session=tx.session)


async def drop_line(database: Database, line: Line) -> None:
    """Forget a line whose webhook is no more."""
    await database.collection(WEBHOOK_LINES).delete_one({"_id": line.id})


async def attempts_of(database: Database, webhook_id: str, *, after: str | None, limit: int) -> list[Document]:
    """The log of a webhook, newest first."""
    query: Document = {"webhook_id": {"$eq": webhook_id}} | ({"_id": {"$lt": after}} if after else {})
    return await database.collection(WEBHOOK_ATTEMPTS).find(query).sort("_id", DESCENDING).to_list(limit)


async def waiting(database: Database, webhook_ids: Sequence[str]) -> dict[str, Document]:
    """How many answers wait for each webhook, how many lines fail, and since when the longest."""
    pipeline: list[Document] = [
        {"$match": {"webhook_id": {"$in": list(webhook_ids)}}},
        {
            "$group": {
                "_id": "$webhook_id",
                "waiting": {"$sum": {"$size": "$queue"}},
                "failing": {"$sum": {"$cond": [{"$gt": ["$attempts", 0]}, 1, 0]}},
                "failing_since": {"$min": {"$cond": [{"$gt": ["$attempts", 0]}, "$since", None]}},
            }
        },
    ]
    return {row["_id"]: row async for row in database.collection(WEBHOOK_LINES).aggregate(pipeline)}


async def save_replay(tx: Transaction, replay: Document) -> None:
    """Store how far a replay is."""
    await tx.collection(WEBHOOK_REPLAYS).replace_one({"_id": replay["_id"]}, replay, upsert=True, session=tx.session)


async def open_replay(database: Database) -> Document | None:
    """The oldest replay that is not done."""
    return await database.collection(WEBHOOK_REPLAYS).find_one({"done": False}, sort=[("_id", ASCENDING)])


async def replay(tx: Transaction, id_: str) -> Document | None:
    """One, as a transaction sees it."""
    return await tx.collection(WEBHOOK_REPLAYS).find_one({"_id": id_}, session=tx.session)
