"""Count and find the customers of an audience, in a time that a person waits."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

from chassis.mongo import Collection, Database, Document
from services.scheduler.store.collections import BUCKETS, CUSTOMERS

COUNTING_SECONDS, COUNTED_BUCKETS, SAMPLES = 0.2, BUCKETS // 64, 5
LOOKED_AT = 50_000


async def count(database: Database, query: Document) -> tuple[int, bool]:
    """How many customers match, and whether that is exact; else it is that of some buckets, multiplied.

    The buckets are counted beside all, once that has taken a moment, to be ready when nobody waits any more.
    """
    rows, live = database.collection(CUSTOMERS), {"$and": [{"live": True}, query]}
    part = asyncio.create_task(_count_part(rows, live))
    try:
        return await asyncio.wait_for(_count(rows, live, seconds=1.5 * COUNTING_SECONDS), COUNTING_SECONDS), True
    except TimeoutError:
        return await part * BUCKETS // COUNTED_BUCKETS, False
    finally:
        part.cancel()


async def _count_part(rows: Collection, live: Document) -> int:
    await asyncio.sleep(COUNTING_SECONDS / 4)
    return await _count(rows, {"$and": [_some_buckets(COUNTED_BUCKETS), live]})


async def samples(database: Database, query: Document) -> list[Document]:
    """Some customers who match; where they are rare and nothing helps to find them, perhaps fewer than there are."""
    rows, live = database.collection(CUSTOMERS), {"$and": [{"live": True}, query]}
    try:
        return await asyncio.wait_for(_find(rows, live, seconds=1.5 * COUNTING_SECONDS), COUNTING_SECONDS)
    except TimeoutError:
        return await _find(rows, {"$and": [_some_buckets(COUNTED_BUCKETS), live]})


async def fair_part(database: Database, query: Document, limit: int = LOOKED_AT) -> tuple[Document, float]:
    """Those who match; where they are more than `limit`, those in some buckets, and how many times as many there are."""
    live: Document = {"$and": [{"live": True}, query]}
    found, _ = await count(database, query)
    buckets = BUCKETS if found <= limit else max(1, BUCKETS * limit // found)
    if buckets == BUCKETS:
        return live, 1
    return {"$and": [_some_buckets(buckets), live]}, BUCKETS / buckets


async def matching(database: Database, query: Document) -> AsyncIterator[Document]:
    """Customers, one by one."""
    async for document in database.collection(CUSTOMERS).find(query):
        yield document


def _some_buckets(count: int) -> Document:
    """A part of all customers, picked by chance: their ids say nothing of them."""
    return {"bucket": {"$in": random.sample(range(BUCKETS), count)}}


async def _count(rows: Collection, query: Document, seconds: float | None = None) -> int:
    """MongoDB gives up by itself a little after nobody waits any more."""
    limit: dict[str, Any] = {} if seconds is None else {"maxTimeMS": int(1000 * seconds)}
    found: int = await rows.count_documents(query, **limit)
    return found


async def _find(rows: Collection, query: Document, seconds: float | None = None) -> list[Document]:
    cursor = rows.find(query, max_time_ms=int(1000 * seconds) if seconds else None).limit(SAMPLES)
    return [row async for row in cursor]
