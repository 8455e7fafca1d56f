"""Ask for surveys: those that are due, and one by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis.errors import NotFound
from chassis.ids import derived_id
from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.commands.settling import UNKNOWN_CUSTOMER, settled
from services.scheduler.domain.campaign import Running
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.occurrence import Occurrence, begin, begin_by_hand, claimed


async def send_survey(tx: Transaction, campaign_id: str, customer_id: str, now: datetime) -> Occurrence:
    """Ask for a survey by hand. Raises `NotFound`, and `Conflict` where it must not go out."""
    campaign = await store.Campaigns(tx).get(campaign_id)
    customers = store.Customers(tx)
    before = await customers.load([customer_id])
    if before[customer_id].profile is None:
        raise NotFound(*UNKNOWN_CUSTOMER, field="customer_id")
    rules, running = await store.rules(tx), await store.running(tx)
    occurrence = begin_by_hand(before[customer_id], campaign, rules, now, derived_id)
    await store.claim(tx, [occurrence])
    after = settled(claimed(before[customer_id], occurrence), running, rules, now)
    await customers.save(before, [after], now)
    return occurrence


async def claim_due(tx: Transaction, ids: Iterable[str], now: datetime) -> int:
    """Ask for the surveys of those who are due by the rules as they now are; how many that were."""
    rules, running = await store.rules(tx), await store.running(tx)
    customers = store.Customers(tx)
    before = await customers.load(ids)
    looked_at = [settled(customer, running, rules, now) for customer in before.values()]
    begun = {customer.id: _begin(customer, running, now) for customer in looked_at if _is_due(customer, now)}
    known = await store.known_occurrences(tx, [occurrence.id for occurrence in begun.values()])
    await store.claim(tx, [occurrence for occurrence in begun.values() if occurrence.id not in known])
    begun = {id_: known.get(occurrence.id, occurrence) for id_, occurrence in begun.items()}
    after = [claimed(customer, begun[customer.id]) if customer.id in begun else customer for customer in looked_at]
    await customers.save(before, [settled(customer, running, rules, now) for customer in after], now)
    return len(begun)


def _is_due(customer: Customer, now: datetime) -> bool:
    return customer.due_at is not None and customer.due_at <= now


def _begin(customer: Customer, running: Sequence[Running], now: datetime) -> Occurrence:
    assert customer.next is not None  # noqa: S101
    campaign = next(one.campaign for one in running if one.campaign.id == customer.next.campaign_id)
    return begin(customer, customer.next, campaign, now, derived_id)
