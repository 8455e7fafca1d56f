"""What a one-time campaign still has to do."""

from collections.abc import AsyncIterator
from datetime import datetime

from chassis.mongo import Database, Document
from services.scheduler.domain.campaign import Campaign
from services.scheduler.domain.customer import Customer, Outcome
from services.scheduler.store.campaigns import audience_query
from services.scheduler.store.collections import CUSTOMERS, OCCURRENCES, RECORDS, REMINDERS
from services.scheduler.store.customers import customer_from

SETTLED = [Outcome.SURVEYED.value, Outcome.MISSED.value]


async def under_way(database: Database, campaign_id: str) -> bool:
    """Whether a survey that it asked for has no outcome yet, or a reminder is still to come."""
    plan: Document = {"campaign_id": {"$eq": campaign_id}, "due_at": {"$exists": True}}
    if await database.collection(REMINDERS).find_one(plan, {"_id": 1}) is not None:
        return True
    # An occurrence's id begins with its campaign's, which holds no bar.
    claimed = {"_id": {"$gte": f"{campaign_id}|", "$lt": f"{campaign_id}}}"}}
    settled = {"campaign_id": {"$eq": campaign_id}, "outcome": {"$in": SETTLED}}
    # What settles while this counts may only make it look less settled.
    outcomes = await database.collection(RECORDS).count_documents(settled)
    return await database.collection(OCCURRENCES).count_documents(claimed) > outcomes


async def not_asked(database: Database, campaign: Campaign, now: datetime) -> AsyncIterator[Customer]:
    """Those of its audience whom it has not asked."""
    asked: Document = {"claims": {"$elemMatch": {"0": {"$eq": campaign.id}}}}
    query: Document = {"$and": [audience_query(campaign, now), {"$nor": [asked]}], "status": None, "erased": False}
    async for document in database.collection(CUSTOMERS).find(query):
        yield customer_from(document)
