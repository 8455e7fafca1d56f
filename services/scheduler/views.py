"""What can be seen of campaigns and next surveys."""

from datetime import datetime
from typing import Any

from chassis import filters
from chassis.errors import NotFound
from chassis.mongo import ASCENDING, Database
from services.scheduler import store
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.next_survey import block, next_survey, verdicts
from services.scheduler.schemas import (
    CampaignBody,
    CampaignPage,
    NextSurveyBody,
    RulesBody,
    audience,
    verdict_body,
)


async def campaign(database: Database, id_: str) -> CampaignBody:
    """One campaign. Raises `NotFound`."""
    document = await database.collection(store.CAMPAIGNS).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "campaign-not-found", "There is no campaign with this id."
        raise NotFound(code, reason)
    return CampaignBody.of(store.campaign_from(document))


async def campaigns(database: Database, *, state: str | None, after: str | None, limit: int) -> CampaignPage:
    """Campaigns by id, all or those in a state."""
    query: dict[str, Any] = {} if state is None else {"state": {"$eq": state}}
    if after is not None:
        query["_id"] = {"$gt": after}
    cursor = database.collection(store.CAMPAIGNS).find(query).sort("_id", ASCENDING).limit(limit)
    items = [CampaignBody.of(store.campaign_from(document)) async for document in cursor]
    return CampaignPage(items=items, next=items[-1].id if len(items) == limit else None)


async def rules(database: Database) -> RulesBody:
    """The company's rules."""
    found = await store.rules(store.Outside(database))
    return RulesBody(quiet_period_days=found.quiet_period_days, timezone=found.timezone)


async def explain(database: Database, id_: str, now: datetime) -> NextSurveyBody:
    """The next survey of a customer as it is now, with every running campaign's view. Raises `NotFound`."""
    customer = await store.customer(database, id_)
    if customer is None:
        code, reason = "customer-not-found", "There is no customer with this id."
        raise NotFound(code, reason)
    reader = store.Outside(database)
    company, running = await store.rules(reader), await store.running(reader)
    found = [] if block(customer) else verdicts(customer, running, company, now)
    bodies = [verdict_body(verdict, _unmet(customer, verdict.campaign.audience)) for verdict in found]
    return NextSurveyBody.of(id_, next_survey(customer, running, company, now), bodies)


def _unmet(customer: Customer, tree: object) -> list[str]:
    facts = customer.facts
    return [clause.place for clause in filters.clauses(audience(tree)) if not clause.matches(facts)]
