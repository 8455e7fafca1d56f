"""What can be done with survey records, gates, brands and templates."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchRequested
from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.errors import NotFound
from chassis.mongo import Transaction, put_newer
from services.outbox import store
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch, Rendered, State
from services.outbox.domain.mail import Brand, Template
from services.outbox.events import campaign_of, dispatch_of, recipient_of

INFLIGHT = timedelta(seconds=2)

Change = Callable[[Dispatch], Dispatch]


def address_id(canonical_email: str, secret: str) -> str:
    """The id of an address's gate: nobody reads the address from it."""
    return store.ADDRESS + hmac.new(secret.encode(), canonical_email.encode(), hashlib.sha256).hexdigest()


async def follow_campaigns(tx: Transaction, events: Sequence[Event[CampaignChanged]]) -> None:
    """Keep what mails need of each campaign."""
    rows = {str(e.subject): (e.seq, store.campaigns.write(campaign_of(e.data)) if e.data else None) for e in events}
    await put_newer(tx, store.CAMPAIGNS, rows)


async def follow_recipients(
    tx: Transaction, events: Sequence[Event[CustomerChanged]], secret: str, now: datetime
) -> None:
    """Keep address and merge fields. A new address ends what was known of the old one; a no stays with both."""
    people = {str(event.subject): recipient_of(event.data) for event in events if event.data}
    before = await store.load(tx, store.RECIPIENTS, store.recipients, people)
    rows = {str(e.subject): (e.seq, store.recipients.write(people[str(e.subject)]) if e.data else None) for e in events}
    await put_newer(tx, store.RECIPIENTS, rows)
    addresses = {id_: address_id(p.canonical_email, secret) for id_, p in people.items() if p.canonical_email}
    gates = await store.load(tx, store.GATES, store.gates, {*people, *addresses.values()})
    changed = []
    for id_, person in people.items():
        gate = gates.get(id_, Gate(id=id_))
        if id_ in before and before[id_].canonical_email != person.canonical_email:
            gate = rules.new_address(gate, now)
        said_no = gates.get(addresses.get(id_, ""), Gate(id="")).opted_out
        changed.append(rules.opted_out(gate, said_no) if said_no else gate)
    await store.save_gates(tx, gates, changed, now)


async def begin(tx: Transaction, events: Sequence[Event[DispatchRequested]], now: datetime) -> None:
    """Make the survey records that are asked for; a second request for one is nothing new."""
    wanted = {event.data.dispatch_id: event.data for event in events if event.data}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, wanted)
    fresh = [dispatch_of(request, now) for id_, request in wanted.items() if id_ not in known]
    await store.save_dispatches(tx, fresh)


async def follow_responses(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Mark the records that were answered."""
    answered = {e.data.dispatch_id: e.data.answered_at for e in events if e.data and e.data.dispatch_id}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, answered)
    changed = [records.responded(dispatch, answered[id_], now) for id_, dispatch in known.items()]
    await store.save_dispatches(tx, [new for new in changed if new != known[new.id]])


async def pass_gate(tx: Transaction, dispatch: Dispatch, rendered: Rendered, address: str, now: datetime) -> str | None:
    """Let a mail out, or say why not. Writes both gates, so that a no at the same moment comes before or after, never between.

    Returns None where the mail may go: then, and only then, the record is committed.
    """
    current = (await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch.id])).get(dispatch.id)
    if current is None or not records.held(current, str(dispatch.token)):
        return "claim-lost"
    ids = (dispatch.customer_id, address)
    known = await store.load(tx, store.GATES, store.gates, ids)
    gates = [known.get(id_, Gate(id=id_)) for id_ in ids]
    refused = next((gate for gate in gates if not gate.open_at(now)), None)
    if refused is not None:
        return str(refused.status) if refused.status else "busy"
    if not await store.mark_wave(tx, dispatch, address):
        return "same-mailbox"
    passing = [replace(gate, inflight=dispatch.id, inflight_until=now + INFLIGHT) for gate in gates]
    await store.save_gates(tx, known, passing, now)
    await store.save_dispatches(tx, [records.committed(current, rendered, now)], tell=False)
    return None


async def conclude(
    tx: Transaction, dispatch: Dispatch, change: Change, address: str | None, now: datetime, *, tell: bool = True
) -> None:
    """Store what became of a sending, and free the gates for the next mail."""
    current = (await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch.id]))[dispatch.id]
    if current.token != dispatch.token or current.phase is records.Phase.DONE:
        return
    await store.save_dispatches(tx, [change(current)], tell=tell)
    if address is not None:
        known = await store.load(tx, store.GATES, store.gates, [dispatch.customer_id, address])
        freed = [replace(g, inflight=None, inflight_until=None) for g in known.values() if g.inflight == dispatch.id]
        await store.save_gates(tx, known, freed, now)


async def address_failed(tx: Transaction, dispatch: Dispatch, reply: str, now: datetime) -> None:
    """The server says that there is no such mailbox."""
    known = await store.load(tx, store.GATES, store.gates, [dispatch.customer_id])
    gate = known.get(dispatch.customer_id, Gate(id=dispatch.customer_id))
    evidence = Evidence(
        at=now, cause="bounce", campaign_id=dispatch.campaign_id, dispatch_id=dispatch.id, smtp_reply=reply
    )
    await store.save_gates(tx, known, [rules.undeliverable(gate, rules.Status.HARD_BOUNCED, evidence)], now)


async def give_up_unclear(tx: Transaction, now: datetime, after: timedelta) -> int:
    """Records of which nothing was heard since the gate become unknown; they are never sent again."""
    found = await store.stranded(tx, now - after, 500)
    unclear = [records.ended(dispatch, State.UNKNOWN, "no-reply", now) for dispatch in found]
    await store.save_dispatches(tx, [replace(d, sent_at=d.committed_at) for d in unclear])
    return len(found)


async def unsubscribe(
    tx: Transaction, customer_id: str, evidence: Evidence, secret: str, now: datetime
) -> datetime | None:
    """Store a no, for the customer and for the address. Returns until when a mail let out before may still arrive."""
    people = await store.load(tx, store.RECIPIENTS, store.recipients, [customer_id])
    person = people.get(customer_id)
    ids = [customer_id]
    if person and person.canonical_email:
        ids.append(address_id(person.canonical_email, secret))
    known = await store.load(tx, store.GATES, store.gates, ids)
    gates = [known.get(id_, Gate(id=id_)) for id_ in ids]
    await store.save_gates(tx, known, [rules.opted_out(gate, evidence) for gate in gates], now)
    return max((gate.inflight_until for gate in gates if gate.inflight_until), default=None)


async def resubscribe(tx: Transaction, customer_id: str, secret: str, now: datetime) -> None:
    """Take a no back, for the customer and for the address."""
    people = await store.load(tx, store.RECIPIENTS, store.recipients, [customer_id])
    person = people.get(customer_id)
    ids = [customer_id]
    if person and person.canonical_email:
        ids.append(address_id(person.canonical_email, secret))
    known = await store.load(tx, store.GATES, store.gates, ids)
    await store.save_gates(tx, known, [rules.resubscribed(gate, now) for gate in known.values()], now)


async def dispatch_of_token(tx: Transaction, dispatch_id: str | None) -> Dispatch:
    """The record of a signed link. Raises `NotFound`."""
    found = await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch_id or ""])
    if not found:
        code, reason = "link-not-known", "This link is not known."
        raise NotFound(code, reason)
    return next(iter(found.values()))


async def put_brand(tx: Transaction, brand: Brand, now: datetime) -> Brand:
    """Make or change a brand; the same again changes nothing."""
    known = (await store.load(tx, store.BRANDS, store.brands, [brand.id])).get(brand.id)
    if known is not None and replace(brand, seq=known.seq) == known:
        return known
    saved = replace(brand, seq=(known.seq if known else 0) + 1)
    await store.save_brand(tx, saved, now)
    return saved


async def put_template(tx: Transaction, template: Template) -> Template:
    """Make or change a template; the same again changes nothing."""
    known = (await store.load(tx, store.TEMPLATES, store.templates, [template.id])).get(template.id)
    if known is not None and replace(template, seq=known.seq) == known:
        return known
    saved = replace(template, seq=(known.seq if known else 0) + 1)
    await store.save_template(tx, saved)
    return saved
