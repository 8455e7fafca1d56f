"""Who is to be looked at now, in buckets, so that several processes take hold of different ones."""

import random
from datetime import datetime

from chassis.mongo import ASCENDING, Database, Document
from services.scheduler.store.collections import BUCKETS, COMPANY, CUSTOMERS, RULES


async def due_ids(database: Database, now: datetime, limit: int) -> list[str]:
    """Customers who are due, from a bucket at random on; as often those first in the line of capped campaigns."""
    if random.choice((True, False)):  # noqa: S311 - to share, not to hide
        return await _first_in_line(database, now, limit) or await _from_some_bucket(database, _due(now), limit)
    return await _from_some_bucket(database, _due(now), limit) or await _first_in_line(database, now, limit)


def _due(now: datetime) -> Document:
    return {"due_at": {"$lte": now}}


async def _first_in_line(database: Database, now: datetime, limit: int) -> list[str]:
    cursor = database.collection(CUSTOMERS).find({"line_at": {"$lte": now}}, {"_id": 1})
    cursor = cursor.sort([("line_at", ASCENDING), ("place", ASCENDING)]).limit(limit)
    return [row["_id"] async for row in cursor]


async def outdated_ids(database: Database, limit: int) -> list[str]:
    """Customers who were last looked at under older rules, from a bucket at random on."""
    document = await database.collection(RULES).find_one({"_id": COMPANY})
    return await _from_some_bucket(database, {"version": {"$lt": document["version"]}}, limit) if document else []


async def outdated_count(database: Database, version: int) -> tuple[int, int]:
    """How many customers there are, and how many of them were last looked at under older rules."""
    customers = database.collection(CUSTOMERS)
    left = await customers.count_documents({"bucket": {"$gte": 0}, "version": {"$lt": version}})
    return await customers.estimated_document_count(), left


async def _from_some_bucket(database: Database, query: Document, limit: int) -> list[str]:
    start, customers = random.randrange(BUCKETS), database.collection(CUSTOMERS)  # noqa: S311 - to spread, not to hide
    for buckets in ({"$gte": start}, {"$gte": 0, "$lt": start}):
        cursor = customers.find({"bucket": buckets, **query}, {"_id": 1}).sort("bucket", ASCENDING).limit(limit)
        if found := [row["_id"] async for row in cursor]:
            return found
    return []
