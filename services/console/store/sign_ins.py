"""Who signed in, who tried, and how often of late; and what browsers had to block."""

from datetime import datetime, timedelta

from chassis.ids import new_id
from chassis.mongo import DESCENDING, Database, Document, ReturnDocument
from services.console.store.collections import REPORTS, SIGN_INS, TRIES

MOST_REPORTS = 1000


async def note(database: Database, row: Document) -> None:
    """Write down a sign-in or a failure."""
    await database.collection(SIGN_INS).insert_one({**row, "_id": new_id()})


async def page(database: Database, user_id: str | None, after: str | None, limit: int) -> list[Document]:
    """The newest first."""
    query: Document = {"user_id": {"$eq": user_id}} if user_id else {}
    if after:
        query["_id"] = {"$lt": after}
    return await database.collection(SIGN_INS).find(query).sort("_id", DESCENDING).to_list(limit)


async def count_try(database: Database, bucket: str, now: datetime, window: timedelta) -> tuple[int, datetime]:
    """One more try: the how many-th within its window, and when that ends."""
    tries = database.collection(TRIES)
    await tries.delete_one({"_id": bucket, "until": {"$lte": now}})
    row = await tries.find_one_and_update(
        {"_id": bucket},
        {"$inc": {"count": 1}, "$setOnInsert": {"until": now + window}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    assert row is not None  # noqa: S101 - it was just written
    return row["count"], row["until"]


async def forget_tries(database: Database, buckets: list[str]) -> None:
    """Somebody got in: what was mistyped before does not count."""
    await database.collection(TRIES).delete_many({"_id": {"$in": buckets}})


async def report(database: Database, row: Document) -> None:
    """Keep what a browser blocked; the first thousand of a week are enough to see what is wrong."""
    reports = database.collection(REPORTS)
    if await reports.estimated_document_count() < MOST_REPORTS:
        await reports.insert_one({**row, "_id": new_id()})


async def reports(database: Database) -> list[Document]:
    """What browsers blocked, the newest first."""
    return await database.collection(REPORTS).find().sort("_id", DESCENDING).to_list(200)
