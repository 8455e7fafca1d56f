"""Bringing a database from a backup up to what profile had told others before it was lost."""

from collections.abc import Mapping, Sequence

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.envelope import Event

from chassis.mongo import Transaction
from services.profile import store
from services.profile.commands.customers import forget_person
from services.profile.domain.customer import Customer
from services.profile.events import customer_told


async def restore_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> int:
    """Let customers be as they were told of last, each of them once here. Returns how many were not."""
    customers = store.Customers(tx)
    known = {one.id: one for one in await customers.some([str(event.subject) for event in events])}
    newer = [event for event in events if _is_newer(event, known)]
    await customers.put([told for event in newer if (told := customer_told(event, known.get(str(event.subject))))])
    for event in newer:
        if event.data is None and (gone := known.get(str(event.subject))):
            # What integrations had said of it before it was erased is read once more.
            await customers.drop([gone.id])
            await forget_person(tx, gone, event.time or await tx.now())
    return len(newer)


def _is_newer(event: Event[CustomerChanged], known: Mapping[str, Customer]) -> bool:
    before = known.get(str(event.subject))
    if before is None:
        return event.data is not None
    return event.seq is not None and event.seq > before.seq
