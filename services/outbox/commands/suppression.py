"""Saying no, and taking it back."""

from datetime import datetime

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_id
from services.outbox.domain import deliverability as rules
from services.outbox.domain.deliverability import Evidence, Gate


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
