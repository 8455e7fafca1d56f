"""Beginning, ending and finding survey records."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sounding_contracts.autoreplies import AutoreplyRequested
from sounding_contracts.dispatches import DispatchRequested
from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.errors import NotFound
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Gate, Gone
from services.outbox.domain.dispatch import Dispatch
from services.outbox.events import autoreply_of, dispatch_of

IN_APP = "in_app"


async def begin(
    tx: Transaction, events: Sequence[Event[DispatchRequested]], now: datetime, *, tell: bool = True
) -> None:
    """Make the survey records that are asked for; a second request for one is nothing new."""
    wanted = {event.data.dispatch_id: (event.data, event.traceparent) for event in events if event.data}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, wanted)
    fresh = [dispatch_of(request, now, trace) for id_, (request, trace) in wanted.items() if id_ not in known]
    gates = await store.load(tx, store.GATES, store.gates, {dispatch.customer_id for dispatch in fresh})
    answered = await _answered(tx, [dispatch.reminds_of for dispatch in fresh if dispatch.reminds_of])
    begun = [_begun(dispatch, gates.get(dispatch.customer_id), answered, now) for dispatch in fresh]
    await store.save_dispatches(tx, begun, tell=tell)


async def begin_autoreplies(tx: Transaction, events: Sequence[Event[AutoreplyRequested]], now: datetime) -> None:
    """Make the records of mails for answers; a second request for one is nothing new."""
    wanted = {event.data.autoreply_id: event.data for event in events if event.data}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, wanted)
    fresh = [autoreply_of(request, now) for id_, request in wanted.items() if id_ not in known]
    gates = await store.load(tx, store.GATES, store.gates, {dispatch.customer_id for dispatch in fresh})
    await store.save_dispatches(tx, [_begun(one, gates.get(one.customer_id), set(), now) for one in fresh])


def _begun(dispatch: Dispatch, gate: Gate | None, answered: set[str], now: datetime) -> Dispatch:
    """As it begins: waiting, unless it is over already."""
    if gate is not None and gate.gone is Gone.ERASED:
        return records.forgotten(dispatch, now)
    if dispatch.reminds_of in answered:
        return records.needless(dispatch, now)
    if dispatch.channel != IN_APP:
        return dispatch
    return records.shown(dispatch, gate.against_in_app(dispatch.campaign_id, now) if gate else None, now)


async def _answered(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """Those of these surveys that are answered."""
    known = await store.load(tx, store.DISPATCHES, store.dispatches, ids) if ids else {}
    return {id_ for id_, dispatch in known.items() if dispatch.responded_at is not None}


async def follow_responses(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Mark the records that were answered, with the reminder that went out last; the others do not go out."""
    answered = {e.data.dispatch_id: e.data.answered_at for e in events if e.data and e.data.dispatch_id}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, answered)
    after = {id_: records.responded(dispatch, answered[id_], now) for id_, dispatch in known.items()}
    reminders: dict[str, list[Dispatch]] = {}
    for one in await store.reminders_of(tx, list(answered)) if answered else []:
        known[one.id] = one
        reminders.setdefault(str(one.reminds_of), []).append(one)
    for first, ones in reminders.items():
        last = records.last_before(ones, answered[first])
        after |= {one.id: records.needless(one, now) for one in ones}
        if last is not None:
            after[last.id] = records.responded(last, answered[first], now)
    await store.save_dispatches(tx, [new for new in after.values() if new != known[new.id]])


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
