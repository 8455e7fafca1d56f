"""End one-time campaigns that are through."""

from datetime import datetime, timedelta

from chassis.mongo import Database, Transaction
from services.scheduler import store
from services.scheduler.domain import campaign as campaigns
from services.scheduler.domain.campaign import Campaign, Kind, Running
from services.scheduler.domain.next_survey import verdicts
from services.scheduler.store import endings as kept


async def end_what_is_through(database: Database, grace: timedelta, now: datetime) -> list[str]:
    """End each one-time campaign that has nobody left to ask, whose every survey has its outcome and its reminders."""
    reader = store.Outside(database)
    ended = []
    for one in await store.running(reader, now):
        if one.campaign.kind is Kind.ONE_TIME_EMAIL and await _is_through(database, one, grace, now):
            await database.transact(lambda tx, id_=one.campaign.id: _end(tx, id_, now))  # type: ignore[misc]
            ended.append(one.campaign.id)
    return ended


async def _is_through(database: Database, one: Running, grace: timedelta, now: datetime) -> bool:
    begins = max(filter(None, (one.campaign.schedule.starts_at, one.campaign.activated_at)))
    if now < begins + grace or await store.outdated_ids(database, 1):
        return False
    rules = await store.rules(store.Outside(database))
    # First who is still to be asked, then whose survey is under way: whoever is asked meanwhile is seen by the second look.
    async for customer in kept.not_asked(database, one.campaign, now):
        if any(verdict.at is not None for verdict in verdicts(customer, [one], rules, now)):
            return False
    return not await kept.under_way(database, one.campaign.id)


async def _end(tx: Transaction, id_: str, now: datetime) -> None:
    def rule(before: Campaign) -> Campaign:
        return campaigns.finish(before, now) if before.runs else before

    await store.Campaigns(tx).change(id_, rule, expected_seq=None)
