"""Follow what others say, and forget whom profile erased."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event

from chassis.mongo import Document, Transaction, put_newer
from services.feedback import store
from services.feedback.domain.response import erased
from services.feedback.events import attributes_of
from services.feedback.store import audit, notes
from services.feedback.store.identities import identity_row


async def follow(
    tx: Transaction, name: str, events: Sequence[Event[Any]], kept: Callable[[Any], Document | None]
) -> None:
    """Keep a projection of what another service owns."""
    await put_newer(tx, name, {str(e.subject): (e.seq, kept(e.data) if e.data else None) for e in events})


async def follow_dispatches(tx: Transaction, events: Sequence[Event[DispatchChanged]]) -> None:
    """Keep who is asked, each with the trace that its answer goes on with."""
    rows = {e.subject: (e.seq, {**e.data.model_dump(), "trace": e.traceparent} if e.data else None) for e in events}
    await put_newer(tx, store.DISPATCHES, {str(subject): row for subject, row in rows.items()})


async def follow_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> set[str]:
    """Keep attributes, for the answers to come. Returns the customers that were erased."""
    await follow(tx, store.CUSTOMERS, events, attributes_of)
    await follow(tx, store.IDENTITIES, events, identity_row)
    return {str(event.subject) for event in events if event.data is None}


async def forget_erased(tx: Transaction, customer_ids: set[str], now: datetime) -> None:
    """Keep of the answers of customers that are no more only what says nothing of who they were; take no more of them."""
    gone = customer_ids - await store.known_customers(tx, customer_ids) if customer_ids else set()
    if not gone:
        return
    await store.erase_people(tx, gone)
    await notes.drop_notes(tx, audit.of_customers(gone))
    await audit.forget_entries(tx, audit.of_customers(gone))
    known = await store.responses_of(tx, gone)
    await store.save_responses(tx, [erased(response, now) for response in known if not response.erased])
