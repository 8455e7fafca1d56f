"""Ask for surveys: those that are due, and one by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis.errors import NotFound
from chassis.ids import derived_id
from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.commands.settling import UNKNOWN_CUSTOMER
from services.scheduler.domain.campaign import Running
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules, day_of
from services.scheduler.domain.occurrence import Occurrence, begin, begin_by_hand, claimed
from services.scheduler.domain.settling import capped_campaign, caps_of, settled, within_caps


async def send_survey(tx: Transaction, campaign_id: str, customer_id: str, now: datetime) -> Occurrence:
    """Ask for a survey by hand. Raises `NotFound`, and `Conflict` where it must not go out."""
    campaign = await store.Campaigns(tx).get(campaign_id)
    customers = store.Customers(tx)
    before = await customers.load([customer_id])
    if before[customer_id].profile is None:
        raise NotFound(*UNKNOWN_CUSTOMER, field="customer_id")
    rules, running = await store.rules(tx), await store.running(tx, now)
    occurrence = begin_by_hand(before[customer_id], campaign, rules, now, derived_id)
    await store.claim(tx, [occurrence])
    after = settled(claimed(before[customer_id], occurrence), running, rules, now)
    await customers.save(before, [after], now)
    return occurrence


async def claim_due(tx: Transaction, ids: Iterable[str], now: datetime) -> int:
    """Ask for the surveys of those who are due by the rules as they now are; how many that were."""
    rules, running = await store.rules(tx), await store.running(tx, now)
    customers = store.Customers(tx)
    before = await customers.load(ids)
    looked_at = [settled(customer, running, rules, now) for customer in before.values()]
    looked_at = await _within_caps(tx, looked_at, running, rules, now)
    begun = {customer.id: _begin(customer, running, now) for customer in looked_at if customer.is_due(now)}
    known = await store.known_occurrences(tx, [occurrence.id for occurrence in begun.values()])
    await store.claim(tx, [occurrence for occurrence in begun.values() if occurrence.id not in known])
    begun = {id_: known.get(occurrence.id, occurrence) for id_, occurrence in begun.items()}
    asked = {id_: claimed(one, begun[id_]) for one in looked_at if (id_ := one.id) in begun}
    after = [settled(asked[one.id], running, rules, now) if one.id in asked else one for one in looked_at]
    await customers.save(before, after, now)
    return len(begun)


async def _within_caps(
    tx: Transaction, customers: Sequence[Customer], running: Sequence[Running], rules: Rules, now: datetime
) -> list[Customer]:
    """Those beyond the daily cap of their campaign get a later day; first who is first in line."""
    caps = caps_of(running)
    asking = {id_ for one in customers if (id_ := capped_campaign(one, caps, now)) is not None}
    days = await store.cap_days(tx, asking, day_of(now, rules))
    after, days = within_caps(
        customers, days, caps, rules, now, lambda customer: settled(customer, running, rules, now)
    )
    await store.put_cap_days(tx, days.values(), now)
    return after


def _begin(customer: Customer, running: Sequence[Running], now: datetime) -> Occurrence:
    assert customer.next is not None  # noqa: S101
    campaign = next(one.campaign for one in running if one.campaign.id == customer.next.campaign_id)
    return begin(customer, customer.next, campaign, now, derived_id)
