"""What checking addresses makes of customers and records."""

from chassis.errors import NotFound
from chassis.mongo import Database, Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_id
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain.addresses import Check, same_mailbox
from services.outbox.domain.deliverability import Evidence, Gate, Status
from services.outbox.domain.dispatch import Dispatch, State


async def address_to_check(database: Database, customer_id: str) -> str:
    """A customer's address as it is now. Raises `NotFound`."""
    person = await store.one(database, store.RECIPIENTS, store.recipients, customer_id)
    if person is None or not person.canonical_email:
        code, reason = "address-not-found", "There is no customer with this id, or it has no address."
        raise NotFound(code, reason)
    return person.canonical_email


async def apply_check(tx: Transaction, customer_id: str, checked: str, check: Check, secret: str) -> Gate:
    """Store a verdict on the address that a customer had; one on an address that it left says nothing any more.

    What a server said of a mail weighs more than a check, and what nobody could say changes nothing.
    """
    known = await store.load(tx, store.GATES, store.gates, [customer_id])
    gate = known.get(customer_id, Gate(id=customer_id))
    person = (await store.load(tx, store.RECIPIENTS, store.recipients, [customer_id])).get(customer_id)
    if person is None or person.canonical_email != checked:
        return gate
    after = gate
    if check.deliverable is False and gate.undeliverable_status is not Status.HARD_BOUNCED:
        evidence = Evidence(at=check.at, cause="check", note=check.note)
        after = rules.undeliverable(gate, Status.NON_DELIVERABLE, evidence, address_id(checked, secret))
    elif check.deliverable and gate.undeliverable_status is Status.NON_DELIVERABLE:
        after = rules.reachable(gate, check.at)
    await store.save_gates(tx, known, [after], check.at)
    return after


async def not_deliverable(tx: Transaction, dispatch: Dispatch, check: Check, secret: str) -> None:
    """A record whose address failed before its mail went out: it is not sent, and the customer is marked."""
    person = (await store.load(tx, store.RECIPIENTS, store.recipients, [dispatch.customer_id])).get(
        dispatch.customer_id
    )
    if person is not None and person.canonical_email and same_mailbox(person.canonical_email, check.address):
        await apply_check(tx, dispatch.customer_id, person.canonical_email, check, secret)
    current = (await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch.id])).get(dispatch.id)
    if current is not None and records.held(current, str(dispatch.token)):
        ended = records.ended(current, State.SUPPRESSED, str(Status.NON_DELIVERABLE), check.at)
        await store.save_dispatches(tx, [ended])
