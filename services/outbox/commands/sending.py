"""What stands between a claim and a result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_of
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch, Rendered, Reply, State

INFLIGHT = timedelta(seconds=2)
CLAIM_LOST, BUSY, SAME_MAILBOX = "claim-lost", "busy", "same-mailbox"

Change = Callable[[Dispatch, datetime], Dispatch]


@dataclass(frozen=True, slots=True)
class Passing:
    """A mail that stands before the gate; `address` is the id of its mailbox's."""

    dispatch: Dispatch
    rendered: Rendered
    address: str

    @property
    def gates(self) -> tuple[str, str]:
        """The gates that it must pass."""
        return (self.dispatch.customer_id, self.address)


@dataclass(frozen=True, slots=True)
class Concluding:
    """What became of a sending; with `address` where its gates were passed."""

    dispatch: Dispatch
    change: Change
    address: str | None = None
    tell: bool = True


async def pass_gates(tx: Transaction, mails: Sequence[Passing]) -> list[str | None]:
    """Let mails out, or say why not. Writes both gates of each, so that a no at the same moment comes before or after, never between.

    None where a mail may go: then, and only then, its record is committed.
    """
    now = await tx.now()
    records_now = await store.load(tx, store.DISPATCHES, store.dispatches, [mail.dispatch.id for mail in mails])
    known = await store.load(tx, store.GATES, store.gates, {id_ for mail in mails for id_ in mail.gates})
    waves = await store.wave_holders(tx, [(mail.dispatch, mail.address) for mail in mails])
    gates = dict(known)
    refusals: list[str | None] = []
    out: list[Dispatch] = []
    for mail in mails:
        current = records_now.get(mail.dispatch.id)
        refusal = against(mail, current, gates, waves, now)
        refusals.append(refusal)
        if refusal is None and current is not None:
            for id_ in mail.gates:
                gates[id_] = rules.let_through(gates.get(id_, Gate(id=id_)), current.id, now + INFLIGHT)
            waves[store.wave_of(current, mail.address)] = current.id
            out.append(records.committed(current, mail.rendered, now))
    await store.save_gates(tx, known, gates.values(), now)
    await store.commit_dispatches(tx, out, waves)
    return refusals


def against(
    mail: Passing, current: Dispatch | None, gates: Mapping[str, Gate], waves: Mapping[str, str], now: datetime
) -> str | None:
    """What keeps a mail from going out."""
    if current is None or not records.held(current, str(mail.dispatch.token)):
        return CLAIM_LOST
    both = [gates.get(id_, Gate(id=id_)) for id_ in mail.gates]
    refusals = [gate.refusal(mail.dispatch.campaign_id, mail.rendered.brand_id, now) for gate in both]
    if against := next((refusal for refusal in refusals if refusal), None):
        return against
    if any(gate.busy_at(now) for gate in both):
        return BUSY
    return None if waves.get(store.wave_of(current, mail.address), current.id) == current.id else SAME_MAILBOX


async def conclude(
    tx: Transaction, dispatch: Dispatch, change: Change, address: str | None, *, tell: bool = True
) -> None:
    """As `conclude_all`, for one."""
    await conclude_all(tx, [Concluding(dispatch, change, address, tell)])


async def conclude_all(tx: Transaction, sendings: Sequence[Concluding]) -> None:
    """Store what became of sendings, and free the gates for the next mails. What another has decided since stays."""
    now = await tx.now()
    await store.clear_gates(tx, [(one.dispatch, one.address) for one in sendings if one.address is not None])
    known = await store.load(tx, store.DISPATCHES, store.dispatches, [one.dispatch.id for one in sendings])
    after: dict[bool, list[Dispatch]] = {True: [], False: []}
    for one in sendings:
        current = known[one.dispatch.id]
        decided = current.phase is records.Phase.DONE and current.state is not State.RESPONDED
        if current.token != one.dispatch.token or decided:
            continue
        changed = one.change(current, now)
        if changed != current:
            after[one.tell].append(records.forgotten(changed, now) if current.erased else changed)
    for tell, changed_ones in after.items():
        if changed_ones:
            await store.save_dispatches(tx, changed_ones, tell=tell)


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
