"""What can be seen of next surveys."""

from datetime import datetime

from chassis import filters
from chassis.errors import NotFound
from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.next_survey import block, next_survey, verdicts
from services.scheduler.schemas.audience import audience
from services.scheduler.schemas.next_surveys import ClauseBody, NextSurveyBody, verdict_body


async def explain(database: Database, id_: str, now: datetime) -> NextSurveyBody:
    """The next survey of a customer as it is now, with every running campaign's view. Raises `NotFound`."""
    customer = await store.customer(database, id_)
    if customer is None:
        code, reason = "customer-not-found", "There is no customer with this id."
        raise NotFound(code, reason)
    reader = store.Outside(database)
    company, running = await store.rules(reader), await store.running(reader, now)
    found = [] if block(customer) else verdicts(customer, running, company, now)
    bodies = [verdict_body(verdict, _clauses(customer, verdict.campaign.audience, now)) for verdict in found]
    return NextSurveyBody.of(id_, next_survey(customer, running, company, now), bodies)


def _clauses(customer: Customer, tree: object, now: datetime) -> list[ClauseBody]:
    facts = customer.facts
    return [ClauseBody.of(clause, facts) for clause in filters.clauses(audience(tree, now))]
