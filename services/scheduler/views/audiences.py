"""What can be seen of an audience before a campaign has it."""

import asyncio
from datetime import datetime
from typing import Any

from chassis import filters
from chassis.mongo import Database, Document
from services.scheduler import store
from services.scheduler.schemas.audience import counted
from services.scheduler.schemas.audiences import AudienceCount, Sample
from services.scheduler.schemas.next_surveys import ClauseBody


async def count(database: Database, tree: Any, now: datetime) -> AudienceCount:
    """How many customers match, and some of them with the clauses that hold. Raises `Invalid`."""
    filter_ = counted(tree, now)
    (found, exact), rows = await asyncio.gather(
        store.count_audience(database, filter_.query()), store.audience_samples(database, filter_.query())
    )
    return AudienceCount(count=found, exact=exact, samples=[_sample(row, filter_) for row in rows])


def _sample(row: Document, filter_: filters.Filter) -> Sample:
    clauses = [ClauseBody.of(clause, row) for clause in filters.clauses(filter_)]
    profile = row["profile"]
    return Sample(
        customer_id=row["_id"],
        first_name=profile.get("first_name"),
        last_name=profile.get("last_name"),
        email=profile.get("email"),
        matched=[clause for clause in clauses if clause.holds],
    )
