"""Who is to be looked at now, in buckets, so that several processes take hold of different ones."""

import random
from datetime import datetime

from chassis.mongo import ASCENDING, Database, Document
from services.scheduler.store.collections import BUCKETS, COMPANY, LOOKS, RULES, THE_LINE


async def due_ids(database: Database, now: datetime, limit: int) -> list[str]:
    """Customers who are due, from a bucket at random on; as often those first in the line of capped campaigns."""
    due: Document = {"at": {"$lte": now}}
    if random.choice((True, False)):  # noqa: S311 - to share, not to hide
        return await _first_in_line(database, due, limit) or await _from_some(database, "lane", due, limit)
    return await _from_some(database, "lane", due, limit) or await _first_in_line(database, due, limit)


async def _first_in_line(database: Database, due: Document, limit: int) -> list[str]:
    cursor = database.collection(LOOKS).find({"lane": THE_LINE, **due}, {"_id": 1})
    rows = await cursor.sort([("at", ASCENDING), ("place", ASCENDING)]).limit(limit).to_list(None)
    return [row["_id"] for row in rows]


async def outdated_ids(database: Database, limit: int) -> list[str]:
    """Customers who were last looked at under older rules, from a bucket at random on."""
    rules = await database.collection(RULES).find_one({"_id": COMPANY})
    return await _from_some(database, "bucket", {"version": {"$lt": rules["version"]}}, limit) if rules else []


async def outdated_count(database: Database, version: int) -> tuple[int, int]:
    """How many customers there are, and how many of them were last looked at under older rules."""
    looks = database.collection(LOOKS)
    left = await looks.count_documents({"bucket": {"$gte": 0}, "version": {"$lt": version}})
    return await looks.estimated_document_count(), left


async def _from_some(database: Database, bucket: str, query: Document, limit: int) -> list[str]:
    start, looks = random.randrange(BUCKETS), database.collection(LOOKS)  # noqa: S311 - to spread, not to hide
    for buckets in ({"$gte": start}, {"$gte": 0, "$lt": start}):
        cursor = looks.find({bucket: buckets, **query}, {"_id": 1}).sort(bucket, ASCENDING).limit(limit)
        if found := await cursor.to_list(None):
            return [row["_id"] for row in found]
    return []
