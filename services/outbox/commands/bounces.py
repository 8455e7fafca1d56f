"""What follows from a bounce, a complaint or word of a delivery."""

from datetime import datetime

from chassis.ids import derived_id
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_of
from services.outbox.commands.refusals import note_refusals
from services.outbox.commands.suppression import grant, unsubscribe, way_out
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain import returned
from services.outbox.domain.bounces import Kind
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.refusals import Bound
from services.outbox.domain.returned import Notice

_FACTS = frozenset({Kind.HARD, Kind.SOFT, Kind.POLICY, Kind.COMPLAINT})
_BOUND = Bound(share=0.2, least=20)


async def hear_back(tx: Transaction, notice: Notice, secret: str, now: datetime, bound: Bound = _BOUND) -> str:
    """Store what a notice says of one of our mails. Returns what became of it; the same again changes nothing."""
    dispatch = await _meant(tx, notice)
    if dispatch is None:
        return "no-record"
    kind = notice.finding.kind
    if kind is Kind.UNSUBSCRIBED:
        return await _opt_out(tx, dispatch, notice, secret, now)
    if refused := returned.refusal(dispatch, now):
        return refused
    if kind in _FACTS and notice.finding.final:
        id_ = derived_id("bounce", dispatch.id, notice.id)
        if await store.knows_fact(tx, id_):
            return "duplicate"
        fact = returned.fact(id_, dispatch, notice, now)
        if not dispatch.erased:
            await store.save_fact(tx, fact)
        if kind is Kind.POLICY and fact.domain:
            await note_refusals(tx, fact.domain, sent=0, refused=1, bound=bound)
    elif not notice.finding.final:
        return "delayed"
    await _change_record(tx, dispatch, notice, now)
    await _change_gates(tx, dispatch, notice, secret, now)
    return str(kind)


async def _opt_out(tx: Transaction, dispatch: Dispatch, notice: Notice, secret: str, now: datetime) -> str:
    """As the one click in the mail: at any time, since a link to say no does not run out."""
    brands = await store.load(tx, store.BRANDS, store.brands, [dispatch.brand_id or ""])
    evidence = _evidence(dispatch, notice, "recipient", now)
    await grant(tx, dispatch.customer_id, way_out(brands.get(dispatch.brand_id or ""), evidence), secret)
    await _change_record(tx, dispatch, notice, now)
    return str(Kind.UNSUBSCRIBED)


async def _meant(tx: Transaction, notice: Notice) -> Dispatch | None:
    ids = list(notice.dispatch_ids)
    if not ids and (found := await store.of_message_ids(tx, notice.message_ids)):
        ids = [found]
    known = await store.load(tx, store.DISPATCHES, store.dispatches, ids)
    return next((known[id_] for id_ in ids if id_ in known), None)


async def _change_record(tx: Transaction, dispatch: Dispatch, notice: Notice, now: datetime) -> None:
    after = returned.returned(dispatch, notice.finding, now)
    if after != dispatch:
        await store.save_dispatches(tx, [records.forgotten(after, now) if dispatch.erased else after])


async def _change_gates(tx: Transaction, dispatch: Dispatch, notice: Notice, secret: str, now: datetime) -> None:
    kind = notice.finding.kind
    if kind is Kind.COMPLAINT:
        await unsubscribe(tx, dispatch.customer_id, _evidence(dispatch, notice, "complaint", now), secret)
        return
    mailbox = await store.mailbox_of(tx, dispatch.id)
    if mailbox is None or dispatch.state in returned.ARRIVED:
        return
    if kind is Kind.HARD:
        await _fails(tx, dispatch, mailbox, _evidence(dispatch, notice, "bounce", now), secret)
    elif kind in (Kind.SOFT, Kind.DELIVERED):
        known = await store.load(tx, store.GATES, store.gates, [mailbox, dispatch.customer_id])
        gate = known.get(mailbox, Gate(id=mailbox))
        after = rules.took_mail(gate) if kind is Kind.DELIVERED else rules.soft_bounced(gate, dispatch.id, now)
        changed = [after]
        if after.rests_until != gate.rests_until and await _is_at(tx, dispatch.customer_id, mailbox, secret):
            customer = known.get(dispatch.customer_id, Gate(id=dispatch.customer_id))
            changed.append(rules.resting(customer, after, now))
        await store.save_gates(tx, known, changed, now)


async def _is_at(tx: Transaction, customer_id: str, mailbox: str, secret: str) -> bool:
    """Whether a customer is still reached there."""
    person = (await store.load(tx, store.RECIPIENTS, store.recipients, [customer_id])).get(customer_id)
    return person is not None and address_of(person, secret) == mailbox


async def _fails(tx: Transaction, dispatch: Dispatch, mailbox: str, evidence: Evidence, secret: str) -> None:
    """The mailbox does not exist: its customer is not mailed there again, unless reached elsewhere by now."""
    if not await _is_at(tx, dispatch.customer_id, mailbox, secret):
        return
    known = await store.load(tx, store.GATES, store.gates, [dispatch.customer_id])
    gate = known.get(dispatch.customer_id, Gate(id=dispatch.customer_id))
    closed = rules.undeliverable(gate, rules.Status.HARD_BOUNCED, evidence, mailbox)
    await store.save_gates(tx, known, [closed], evidence.at)


def _evidence(dispatch: Dispatch, notice: Notice, cause: str, now: datetime) -> Evidence:
    said = returned.evidence(notice.finding)
    return Evidence(
        at=now,
        cause=cause,
        campaign_id=dispatch.campaign_id,
        dispatch_id=dispatch.id,
        smtp_reply=said if cause == "bounce" else None,
        note=said if cause == "complaint" else None,
    )
