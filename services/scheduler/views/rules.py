"""What can be seen of the company's rules."""

from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.schemas.rules import RulesBody


async def rules(database: Database) -> RulesBody:
    """The company's rules."""
    found = await store.rules(store.Outside(database))
    return RulesBody(quiet_period_days=found.quiet_period_days, timezone=found.timezone)
