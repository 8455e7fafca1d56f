"""Look at customers again whenever something about them, or the rules, changed."""

from collections.abc import Callable, Mapping
from datetime import datetime

from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.settling import settled

Change = Callable[[Customer], Customer]
UNKNOWN_CUSTOMER = "customer-not-found", "There is no customer with this id."


async def change_customers(tx: Transaction, before: Mapping[str, Customer], change: Change, now: datetime) -> None:
    """Apply a change to customers and look at each again."""
    rules, running = await store.rules(tx), await store.running(tx, now)
    after = [settled(change(customer), running, rules, now) for customer in before.values()]
    await store.Customers(tx).save(before, after, now)
