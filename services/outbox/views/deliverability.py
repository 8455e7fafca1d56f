"""Who may be surveyed, and whether a mail is under way."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chassis.mongo import Database, Document
from services.outbox import store
from services.outbox.domain.deliverability import Gate
from services.outbox.schemas import ConsentBody, ConsentList, DeliverabilityBody


async def deliverability(database: Database, customer_id: str, now: datetime) -> DeliverabilityBody:
    """A customer's; one that nothing is known of may be surveyed."""
    gate = await store.one(database, store.GATES, store.gates, customer_id)
    return DeliverabilityBody.of(gate or Gate(id=customer_id), now)


async def consents(database: Database, customer_id: str, limit: int) -> ConsentList:
    """What a customer wished for, the newest first."""
    found = await store.consents_of(database, customer_id, limit)
    return ConsentList(items=[ConsentBody(**row) for row in found])


def suppressed(database: Database) -> AsyncIterator[Document]:
    """Every mailbox that said no, as a hash."""
    return store.suppressed(database)


async def on_the_way(database: Database, gate_ids: Sequence[str]) -> bool:
    """Whether a mail that passed one of these gates may not have landed yet."""
    return await store.on_the_way(database, gate_ids)
