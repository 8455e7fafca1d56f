"""Look at customers again whenever something about them, or the rules, changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.domain.campaign import Running
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import look_at, next_survey

Change = Callable[[Customer], Customer]
UNKNOWN_CUSTOMER = "customer-not-found", "There is no customer with this id."


async def change_customers(tx: Transaction, before: Mapping[str, Customer], change: Change, now: datetime) -> None:
    """Apply a change to customers and look at each again."""
    rules, running = await store.rules(tx), await store.running(tx, now)
    after = [settled(change(customer), running, rules, now) for customer in before.values()]
    await store.Customers(tx).save(before, after, now)


def settled(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    """The customer with the next survey as it now is; there is none for somebody not known yet, or erased."""
    if customer.erased:
        return Customer(id=customer.id, seq=customer.seq, version=rules.version, erased=True)
    if customer.profile is None:
        return replace(customer, version=rules.version, next=None, look_at=None)
    return replace(
        customer,
        version=rules.version,
        next=next_survey(customer, running, rules, now),
        look_at=look_at(customer, running, now),
    )
