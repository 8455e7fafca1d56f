"""What can be seen of the ledger of a campaign."""

import asyncio
from contextlib import aclosing
from datetime import datetime

from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.domain.ledger import Bucket, counts
from services.scheduler.schemas.ledger import Entry, Ledger, LedgerLine, LedgerPage
from services.scheduler.store import ledger as kept


async def ledger(database: Database, campaign_id: str, cycle: int | None, now: datetime) -> Ledger:
    """Where everyone of the audience stands. Raises `NotFound`."""
    parts = await _parts(database, campaign_id, cycle, now)
    counted = await asyncio.gather(*(kept.count(database, part) for part in parts))
    found = counts(place for places in counted for place in places)
    entries = {bucket: Entry(count=sum(rules.values()), by_rule=dict(rules)) for bucket, rules in found.items()}
    audience = sum(entry.count for entry in entries.values())
    return Ledger(campaign_id=campaign_id, cycle=cycle, audience=audience, entries=entries, counted_at=now)


async def people(  # noqa: PLR0913 - what they are picked by
    database: Database,
    campaign_id: str,
    bucket: Bucket,
    *,
    rule: str | None,
    cycle: int | None,
    now: datetime,
    after: str | None,
    limit: int,
) -> LedgerPage:
    """Those in one place of the ledger. Raises `NotFound`."""
    found: list[LedgerLine] = []
    for part in await _parts(database, campaign_id, cycle, now):
        if bucket in part.buckets:
            found += await _first(database, part, bucket, rule, after, limit)
    items = sorted(found, key=lambda line: line.customer_id)[:limit]
    return LedgerPage(items=items, next=items[-1].customer_id if len(items) == limit else None)


async def _first(
    database: Database, part: kept.Part, bucket: Bucket, rule: str | None, after: str | None, limit: int
) -> list[LedgerLine]:
    items: list[LedgerLine] = []
    async with aclosing(kept.people(database, part, after)) as rows:
        async for customer_id, place in rows:
            if place.bucket is bucket and rule in {None, place.rule}:
                items.append(LedgerLine(customer_id=customer_id, rule=place.rule))
            if len(items) == limit:
                break
    return items


async def _parts(database: Database, campaign_id: str, cycle: int | None, now: datetime) -> list[kept.Part]:
    reader = store.Outside(database)
    one = await store.one_running(reader, campaign_id, now)
    return kept.parts(one.campaign, await store.rules(reader), cycle, now)
