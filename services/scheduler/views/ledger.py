"""What can be seen of the ledger of a campaign."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from chassis.ids import derived_id
from chassis.mongo import ASCENDING, Database
from services.scheduler import store
from services.scheduler.domain.ledger import Bucket, Standing, counts, standing
from services.scheduler.schemas.ledger import Entry, Ledger, LedgerLine, LedgerPage


async def ledger(database: Database, campaign_id: str, cycle: int | None, now: datetime) -> Ledger:
    """Where everyone of the audience stands. Raises `NotFound`."""
    found = counts([place async for _, place in _standings(database, campaign_id, cycle, now, after=None)])
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
    items: list[LedgerLine] = []
    async for customer_id, place in _standings(database, campaign_id, cycle, now, after=after):
        if place.bucket is bucket and rule in {None, place.rule}:
            items.append(LedgerLine(customer_id=customer_id, rule=place.rule))
            if len(items) == limit:
                return LedgerPage(items=items, next=customer_id)
    return LedgerPage(items=items)


async def _standings(
    database: Database, campaign_id: str, cycle: int | None, now: datetime, *, after: str | None
) -> AsyncIterator[tuple[str, Standing]]:
    """Customers by id, those who may be of the audience, with where they stand."""
    reader = store.Outside(database)
    one = await store.one_running(reader, campaign_id, now)
    rules = await store.rules(reader)
    asked = {"claims": {"$elemMatch": {"0": {"$eq": campaign_id}}}}
    query: dict[str, Any] = {"$or": [store.audience_query(one.campaign, now), asked]}
    if after is not None:
        query["_id"] = {"$gt": after}
    cursor = database.collection(store.CUSTOMERS).find(query).sort("_id", ASCENDING)
    async for document in cursor:
        place = standing(store.customer_from(document), one, rules, now, derived_id, cycle)
        if place is not None:
            yield document["_id"], place
