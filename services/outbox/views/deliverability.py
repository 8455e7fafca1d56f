"""Who may be surveyed, and whether a mail is under way."""

from collections.abc import Sequence
from datetime import datetime

from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.deliverability import Gate
from services.outbox.schemas import DeliverabilityBody


async def deliverability(database: Database, customer_id: str, now: datetime) -> DeliverabilityBody:
    """A customer's; one that nothing is known of may be surveyed."""
    gate = await store.one(database, store.GATES, store.gates, customer_id)
    return DeliverabilityBody.of(gate or Gate(id=customer_id), now)


async def on_the_way(database: Database, gate_ids: Sequence[str]) -> bool:
    """Whether a mail that passed one of these gates may not have landed yet."""
    return await store.on_the_way(database, gate_ids)
