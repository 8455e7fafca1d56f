"""Look again at customers on demand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from chassis.errors import NotFound
from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.commands.settling import UNKNOWN_CUSTOMER, change_customers


async def reset_last_survey(tx: Transaction, id_: str, now: datetime) -> None:
    """Forget when the customer was surveyed last: the first-survey rules hold again. Raises `NotFound`."""
    before = await store.Customers(tx).load([id_])
    if before[id_].profile is None:
        raise NotFound(*UNKNOWN_CUSTOMER)
    await change_customers(tx, before, lambda customer: replace(customer, reset_at=now), now)


async def recalculate(tx: Transaction, ids: Iterable[str], now: datetime) -> None:
    """Look at customers again under the rules as they now are."""
    await change_customers(tx, await store.Customers(tx).load(ids), lambda customer: customer, now)
