"""Who is to be looked at now, in buckets, so that several processes take hold of different ones."""

import random
from datetime import datetime

from chassis.mongo import ASCENDING, Database, Document
from services.scheduler.store.collections import BUCKETS, COMPANY, CUSTOMERS, RULES


async def due_ids(database: Database, now: datetime, limit: int) -> list[str]:
    """Customers who are due, from a bucket at random on."""
    return await _from_some_bucket(database, {"due_at": {"$lte": now}}, limit)


async def outdated_ids(database: Database, limit: int) -> list[str]:
    """Customers who were last looked at under older rules, from a bucket at random on."""
    document = await database.collection(RULES).find_one({"_id": COMPANY})
    return await _from_some_bucket(database, {"version": {"$lt": document["version"]}}, limit) if document else []


async def _from_some_bucket(database: Database, query: Document, limit: int) -> list[str]:
    start, customers = random.randrange(BUCKETS), database.collection(CUSTOMERS)  # noqa: S311 - to spread, not to hide
    for buckets in ({"$gte": start}, {"$gte": 0, "$lt": start}):
        cursor = customers.find({"bucket": buckets, **query}, {"_id": 1}).sort("bucket", ASCENDING).limit(limit)
        if found := [row["_id"] async for row in cursor]:
            return found
    return []
