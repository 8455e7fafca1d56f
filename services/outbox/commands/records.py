"""Beginning, ending and finding survey records."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sounding_contracts.dispatches import DispatchRequested
from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.errors import NotFound
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Gone
from services.outbox.domain.dispatch import Dispatch
from services.outbox.events import dispatch_of


async def begin(tx: Transaction, events: Sequence[Event[DispatchRequested]], now: datetime) -> None:
    """Make the survey records that are asked for; a second request for one is nothing new."""
    wanted = {event.data.dispatch_id: event.data for event in events if event.data}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, wanted)
    fresh = [dispatch_of(request, now) for id_, request in wanted.items() if id_ not in known]
    gates = await store.load(tx, store.GATES, store.gates, {dispatch.customer_id for dispatch in fresh})
    erased = {id_ for id_, gate in gates.items() if gate.gone is Gone.ERASED}
    await store.save_dispatches(tx, [records.forgotten(d, now) if d.customer_id in erased else d for d in fresh])


async def follow_responses(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Mark the records that were answered."""
    answered = {e.data.dispatch_id: e.data.answered_at for e in events if e.data and e.data.dispatch_id}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, answered)
    changed = [records.responded(dispatch, answered[id_], now) for id_, dispatch in known.items()]
    await store.save_dispatches(tx, [new for new in changed if new != known[new.id]])


async def give_up_unclear(tx: Transaction, after: timedelta) -> int:
    """Records of which nothing was heard since the gate become unknown; they are never sent again."""
    now = await tx.now()
    found = await store.stranded(tx, now - after, 500)
    await store.save_dispatches(tx, [records.unknown(dispatch, now) for dispatch in found])
    return len(found)


async def dispatch_of_token(tx: Transaction, dispatch_id: str | None) -> Dispatch:
    """The record of a signed link. Raises `NotFound`."""
    found = await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch_id or ""])
    if not found:
        code, reason = "link-not-known", "This link is not known."
        raise NotFound(code, reason)
    return next(iter(found.values()))
