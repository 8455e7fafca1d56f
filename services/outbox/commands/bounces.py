"""What follows from a bounce, a complaint or word of a delivery."""

from datetime import datetime

from chassis.ids import derived_id
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_of
from services.outbox.commands.suppression import grant, unsubscribe, way_out
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain import returned
from services.outbox.domain.bounces import Kind
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.returned import Notice

_FACTS = frozenset({Kind.HARD, Kind.SOFT, Kind.POLICY, Kind.COMPLAINT})


async def hear_back(tx: Transaction, notice: Notice, secret: str, now: datetime) -> str:
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
        if not dispatch.erased:
            await store.save_fact(tx, returned.fact(id_, dispatch, notice, now))
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
        known = await store.load(tx, store.GATES, store.gates, [mailbox])
        gate = known.get(mailbox, Gate(id=mailbox))
        after = rules.took_mail(gate) if kind is Kind.DELIVERED else rules.soft_bounced(gate, dispatch.id, now)
        await store.save_gates(tx, known, [after], now)


async def _fails(tx: Transaction, dispatch: Dispatch, mailbox: str, evidence: Evidence, secret: str) -> None:
    """The mailbox does not exist: its customer is not mailed there again, unless reached elsewhere by now."""
    people = await store.load(tx, store.RECIPIENTS, store.recipients, [dispatch.customer_id])
    person = people.get(dispatch.customer_id)
    if person is None or address_of(person, secret) != mailbox:
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
