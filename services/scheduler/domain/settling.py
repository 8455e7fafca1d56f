"""A look at a customer, and who of those that are due goes out within the caps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.scheduler.domain.campaign import Running
from services.scheduler.domain.cap import CapDay, admit, turned_away
from services.scheduler.domain.customer import Customer, Past
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import look_at, next_survey

Look = Callable[[Customer], Customer]


def settled(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    """The customer with the next survey as it now is; there is none for somebody not known yet, or erased."""
    if customer.erased:
        return Customer(id=customer.id, seq=customer.seq, version=rules.version, erased=True)
    if customer.profile is None:
        return replace(customer, version=rules.version, next=None, look_at=None)
    past = Past.of(customer)
    found, looks_at = next_survey(customer, running, rules, now, past), look_at(customer, running, now, past)
    if (found, looks_at, rules.version) == (customer.next, customer.look_at, customer.version):
        return customer
    return replace(customer, version=rules.version, next=found, look_at=looks_at)


def capped_campaign(customer: Customer, caps: Mapping[str, int], now: datetime) -> str | None:
    """The capped campaign that is to survey the customer now."""
    if not customer.is_due(now) or customer.next is None or customer.next.campaign_id not in caps:
        return None
    return customer.next.campaign_id


def within_caps(
    customers: Sequence[Customer],
    days: Mapping[str, CapDay],
    caps: Mapping[str, int],
    rules: Rules,
    now: datetime,
    look: Look,
) -> tuple[list[Customer], dict[str, CapDay]]:
    """Customers of whom those beyond their campaign's cap got a later day, and the campaigns' days after it.

    First who is first in line.
    """
    after, counted = {customer.id: customer for customer in customers}, dict(days)
    asking = [one for one in customers if capped_campaign(one, caps, now) is not None]
    for customer in sorted(asking, key=_place):
        campaign_id = str(capped_campaign(customer, caps, now))
        counted[campaign_id], wait = admit(counted[campaign_id], caps[campaign_id])
        if wait:
            after[customer.id] = look(turned_away(customer, counted[campaign_id], caps[campaign_id], wait, rules))
    return list(after.values()), counted


def caps_of(running: Sequence[Running]) -> dict[str, int]:
    """The caps of campaigns that have one."""
    return {one.campaign.id: one.campaign.daily_cap for one in running if one.campaign.daily_cap is not None}


def _place(customer: Customer) -> datetime:
    assert customer.next is not None  # noqa: S101
    assert customer.next.rule_at is not None  # noqa: S101
    return customer.next.rule_at
