"""What stands between a claim and a result."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_of
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch, Rendered, Reply, State

INFLIGHT = timedelta(seconds=2)
CLAIM_LOST, BUSY = "claim-lost", "busy"

Change = Callable[[Dispatch, datetime], Dispatch]


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
    refusals = [gate.refusal(dispatch.campaign_id, rendered.brand_id, now) for gate in gates]
    if against := next((refusal for refusal in refusals if refusal), None):
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
    if person is not None and address_of(person, secret) != address:
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
