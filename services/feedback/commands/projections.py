"""Follow what others say, and forget whom profile erased."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event

from chassis.mongo import Document, Transaction, put_newer
from services.feedback import store
from services.feedback.domain.counted import round_of
from services.feedback.domain.response import erased
from services.feedback.events import attributes_of
from services.feedback.store import audit, notes
from services.feedback.store.identities import identity_row
from services.feedback.store.marks import mark_surveys

SENT = "\x1f"


async def follow(
    tx: Transaction, name: str, events: Sequence[Event[Any]], kept: Callable[[Any], Document | None]
) -> None:
    """Keep a projection of what another service owns."""
    await put_newer(tx, name, {str(e.subject): (e.seq, kept(e.data) if e.data else None) for e in events})


async def follow_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> set[str]:
    """Keep attributes, for the answers to come. Returns the customers of whom something changed, or who were erased."""
    ids = [str(event.subject) for event in events]
    before = await _rows(tx, store.CUSTOMERS, ids)
    await follow(tx, store.CUSTOMERS, events, attributes_of)
    await follow(tx, store.IDENTITIES, events, identity_row)
    after = await _rows(tx, store.CUSTOMERS, ids)
    return {id_ for id_ in ids if id_ not in after or _said(after[id_]) != _said(before.get(id_))}


async def follow_dispatches(tx: Transaction, events: Sequence[Event[DispatchChanged]]) -> set[str]:
    """Keep who is asked, each with the trace that its answer goes on with.

    Returns the surveys that they belong to, each with when it had been or was sent.
    """
    ids = [str(event.subject) for event in events]
    before = await _rows(tx, store.DISPATCHES, ids)
    rows = {e.subject: (e.seq, {**e.data.model_dump(), "trace": e.traceparent} if e.data else None) for e in events}
    await put_newer(tx, store.DISPATCHES, {str(subject): row for subject, row in rows.items()})
    after = await _rows(tx, store.DISPATCHES, ids)
    known = [*before.values(), *(row for id_, row in after.items() if row != before.get(id_))]
    return {f"{round_of(row)}{SENT}{row['sent_at'].isoformat() if row.get('sent_at') else ''}" for row in known}


async def mark_dispatches(tx: Transaction, surveys: set[str]) -> None:
    """Have surveys counted: as `follow_dispatches` returns them, or the dispatches that a rebuild put right."""
    parts = [one.partition(SENT) for one in surveys]
    marked = [(id_, datetime.fromisoformat(at) if at else None) for id_, there, at in parts if there]
    rows = await _rows(tx, store.DISPATCHES, [id_ for id_, there, _ in parts if not there])
    await mark_surveys(tx, [*marked, *((round_of(row), None) for row in rows.values())])


async def _rows(tx: Transaction, name: str, ids: Iterable[str]) -> dict[str, Document]:
    return {row["_id"]: row async for row in tx.collection(name).find({"_id": {"$in": list(ids)}}, session=tx.session)}


def _said(row: Document | None) -> Document | None:
    return {name: value for name, value in row.items() if name != "seq"} if row else None


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
