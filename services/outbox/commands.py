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
from chassis.mongo import Database, Transaction, put_newer
from services.outbox import store
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Evidence, Gate, Gone
from services.outbox.domain.dispatch import Dispatch, Rendered, Reply, State
from services.outbox.domain.mail import Brand, Recipient, Template
from services.outbox.events import campaign_of, dispatch_of, recipient_of

INFLIGHT = timedelta(seconds=2)

OTHER_KEY = (
    "SOUNDING_OUTBOX_ADDRESS_KEY is not the key that addresses were hashed with: whoever said no would be mailed"
)
CLAIM_LOST, BUSY = "claim-lost", "busy"

Change = Callable[[Dispatch, datetime], Dispatch]


def address_id(canonical_email: str, secret: str) -> str:
    """The id of an address's gate: nobody reads the address from it."""
    return store.ADDRESS + hmac.new(secret.encode(), canonical_email.encode(), hashlib.sha256).hexdigest()


async def same_address_key(database: Database, secret: str) -> bool:
    """Whether addresses are hashed with the key that they always were; the first one asked about is."""
    return await store.keep_address_key(database, hashlib.sha256(f"sounding.addresses|{secret}".encode()).hexdigest())


async def follow_campaigns(tx: Transaction, events: Sequence[Event[CampaignChanged]]) -> None:
    """Keep what mails need of each campaign."""
    rows = {str(e.subject): (e.seq, store.campaigns.write(campaign_of(e.data)) if e.data else None) for e in events}
    await put_newer(tx, store.CAMPAIGNS, rows)


async def follow_recipients(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> set[str]:
    """Keep address and merge fields."""
    people = {str(e.subject): (e.seq, store.recipients.write(recipient_of(e.data)) if e.data else None) for e in events}
    return await put_newer(tx, store.RECIPIENTS, people)


async def derive_gates(tx: Transaction, customer_ids: set[str], secret: str, now: datetime) -> None:
    """Bring the gates to what is known of the people now. A new address ends what was known of the old one; a no stays.

    Who is known no more was erased: the customer's gate closes for ever, the mailbox's keeps only that it said no.
    """
    people = await store.load(tx, store.RECIPIENTS, store.recipients, customer_ids)
    erased = customer_ids - people.keys()
    addresses = {one.id: _address_of(one, secret) for one in people.values()}
    ids = customer_ids | {address for address in addresses.values() if address}
    known = await store.load(tx, store.GATES, store.gates, ids)
    gates = {id_: known.get(id_) or Gate(id=id_) for id_ in ids}
    for id_, address in addresses.items():
        gates[id_] = rules.deleted(rules.at_address(gates[id_], address, now), is_deleted=people[id_].deleted)
    under = [(id_, address) for id_, address in addresses.items() if address]
    for id_, address in under:
        gates[address] = rules.of_one_under_it(gates[address], gates[id_])
    for id_, address in under:
        gates[id_] = rules.of_its_mailbox(gates[id_], gates[address])
    gates |= {id_: rules.erased(gates[id_]) for id_ in erased}
    await store.save_gates(tx, known, gates.values(), now)
    await _forget_records(tx, erased, now)


def _address_of(person: Recipient, secret: str) -> str | None:
    return address_id(person.canonical_email, secret) if person.canonical_email else None


async def _forget_records(tx: Transaction, customer_ids: set[str], now: datetime) -> None:
    """Take out of the records of those who were erased what says who they were; what waits is not sent."""
    if customer_ids:
        found = await store.of_customers(tx, customer_ids)
        await store.save_dispatches(tx, [records.forgotten(dispatch, now) for dispatch in found if not dispatch.erased])


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


async def pass_gate(tx: Transaction, dispatch: Dispatch, rendered: Rendered, address: str) -> str | None:
    """Let a mail out, or say why not. Writes both gates, so that a no at the same moment comes before or after, never between.

    Returns None where the mail may go: then, and only then, the record is committed.
    """
    now = await tx.now()
    current = (await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch.id])).get(dispatch.id)
    if current is None or not records.held(current, str(dispatch.token)):
        return CLAIM_LOST
    ids = (dispatch.customer_id, address)
    known = await store.load(tx, store.GATES, store.gates, ids)
    gates = [known.get(id_, Gate(id=id_)) for id_ in ids]
    if against := next((gate.against for gate in gates if gate.against), None):
        return against
    if any(gate.busy_at(now) for gate in gates):
        return BUSY
    if not await store.mark_wave(tx, dispatch, address):
        return "same-mailbox"
    passing = [rules.let_through(gate, dispatch.id, now + INFLIGHT) for gate in gates]
    await store.save_gates(tx, known, passing, now)
    await store.save_dispatches(tx, [records.committed(current, rendered, now)], tell=False)
    return None


async def conclude(
    tx: Transaction, dispatch: Dispatch, change: Change, address: str | None, *, tell: bool = True
) -> None:
    """Store what became of a sending, and free the gates for the next mail. What another has decided since stays."""
    now = await tx.now()
    if address is not None:
        known = await store.load(tx, store.GATES, store.gates, [dispatch.customer_id, address])
        await store.save_gates(tx, known, [rules.landed(gate, dispatch.id) for gate in known.values()], now)
    current = (await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch.id]))[dispatch.id]
    decided = current.phase is records.Phase.DONE and current.state is not State.RESPONDED
    if current.token != dispatch.token or decided:
        return
    after = change(current, now)
    if after != current:
        await store.save_dispatches(tx, [records.forgotten(after, now) if current.erased else after], tell=tell)


async def bounce(
    tx: Transaction, dispatch: Dispatch, reply: Reply, address: str, *, let_out: bool, secret: str
) -> None:
    """The server says that there is no such mailbox: the record has bounced, and the customer is not mailed there again."""

    def bounced(current: Dispatch, now: datetime) -> Dispatch:
        return records.ended(current, State.BOUNCED, "no-such-mailbox", now, reply=reply)

    await conclude(tx, dispatch, bounced, address if let_out else None)
    person = (await store.load(tx, store.RECIPIENTS, store.recipients, [dispatch.customer_id])).get(
        dispatch.customer_id
    )
    if person is not None and _address_of(person, secret) != address:
        return
    known = await store.load(tx, store.GATES, store.gates, [dispatch.customer_id])
    gate = known.get(dispatch.customer_id, Gate(id=dispatch.customer_id))
    evidence = Evidence(
        at=reply.at,
        cause="bounce",
        campaign_id=dispatch.campaign_id,
        dispatch_id=dispatch.id,
        smtp_reply=f"{reply.code} {reply.text}",
    )
    await store.save_gates(
        tx, known, [rules.undeliverable(gate, rules.Status.HARD_BOUNCED, evidence, address)], reply.at
    )


async def give_up_unclear(tx: Transaction, after: timedelta) -> int:
    """Records of which nothing was heard since the gate become unknown; they are never sent again."""
    now = await tx.now()
    found = await store.stranded(tx, now - after, 500)
    await store.save_dispatches(tx, [records.unknown(dispatch, now) for dispatch in found])
    return len(found)


async def unsubscribe(
    tx: Transaction, customer_id: str, evidence: Evidence, secret: str, now: datetime
) -> tuple[str, ...]:
    """Store a no, for the customer and for the mailbox. Returns their gates, which a mail may have passed before."""
    known, (customer, *mailboxes) = await _both_gates(tx, customer_id, secret)
    of_mailbox = rules.of_mailbox(evidence)
    closed = [rules.opted_out(customer, evidence), *(rules.opted_out(gate, of_mailbox) for gate in mailboxes)]
    await store.save_gates(tx, known, closed, now)
    return tuple(gate.id for gate in closed)


async def resubscribe(tx: Transaction, customer_id: str, secret: str, now: datetime) -> None:
    """Take a no back, for the customer and for the mailbox."""
    known, gates = await _both_gates(tx, customer_id, secret)
    await store.save_gates(tx, known, [rules.resubscribed(gate, now) for gate in gates], now)


async def _both_gates(tx: Transaction, customer_id: str, secret: str) -> tuple[dict[str, Gate], list[Gate]]:
    people = await store.load(tx, store.RECIPIENTS, store.recipients, [customer_id])
    addresses = [address_id(one.canonical_email, secret) for one in people.values() if one.canonical_email]
    ids = [customer_id, *addresses]
    known = await store.load(tx, store.GATES, store.gates, ids)
    return known, [known.get(id_, Gate(id=id_)) for id_ in ids]


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
