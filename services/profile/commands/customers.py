"""What can be done with customers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sounding_contracts.envelope import Event
from sounding_contracts.integrations import CustomerSync

from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.profile import store
from services.profile.domain import properties as property_rules
from services.profile.domain.customer import (
    USER,
    Customer,
    Stamp,
    Statement,
    Value,
    hear,
)
from services.profile.domain.email import canonical_email
from services.profile.domain.identity import Directory
from services.profile.events import statement_of


async def apply_syncs(tx: Transaction, events: Sequence[Event[CustomerSync]], now: datetime) -> None:
    """Hear what integrations say: find or make each customer, and tell others what changed.

    Raises a `Refusal` for the first event that cannot be heard.
    """
    statements = [statement_of(event) for event in events]
    emails = [_email(statement) for statement in statements]
    external = [(event.source, event.subject) for event in events if event.subject is not None]
    customers = store.Customers(tx)
    known = await customers.known_by(external, {email for email in emails if email})
    directory = Directory.of(known)
    await _learn_properties(tx, statements, now)
    touched: dict[str, None] = {}
    for event, statement, email in zip(events, statements, emails, strict=True):
        customer = directory.find(statement, event.source, event.subject, email)
        if customer is None and statement.deleted:
            continue
        heard = hear(customer or _new(statement, now), statement, event.subject)
        directory.put(heard)
        touched[heard.id] = None
        tx.caused_by(heard.id, event.traceparent)
    before = {customer.id: customer for customer in known}
    await customers.save(before, (directory.customers[id_] for id_ in touched), now=now)


async def edit_customer(
    tx: Transaction,
    id_: str,
    values: Mapping[str, Value],
    *,
    by: str,
    event_id: str,
    expected_seq: int | None,
    now: datetime,
) -> Customer:
    """Change fields by hand; those left out stay, null clears.

    Raises `NotFound`, `Outdated`, `Invalid`, and `Conflict` where the address is another customer's.
    """
    statement = Statement(stamp=Stamp(now, f"{USER}{by}", event_id), fields=values)
    email = _email(statement)
    customers = store.Customers(tx)
    for other in await customers.known_by((), [email] if email else ()):
        if other.id != id_:
            code, reason = "email-taken", f"This address is customer {other.id}'s."
            raise Conflict(code, reason, field="email", customer_ids=[other.id])
    return await customers.change(
        id_, lambda before: hear(before, _undeleted(before, statement)), expected_seq=expected_seq, now=now
    )


def _undeleted(before: Customer, statement: Statement) -> Statement:
    """To edit a deleted customer does not bring it back."""
    return replace(statement, deleted=before.deleted_at is not None)


def _new(statement: Statement, now: datetime) -> Customer:
    return Customer(id=new_id(), source=statement.stamp.by, created_at=now, changed_at=now)


def _email(statement: Statement) -> str | None:
    address = statement.fields.get("email")
    return canonical_email(address) if isinstance(address, str) else None


async def _learn_properties(tx: Transaction, statements: Sequence[Statement], now: datetime) -> None:
    names = {name for statement in statements for name in statement.properties}
    if not names:
        return
    known = await store.property_types(tx, names)
    fresh: dict[str, property_rules.PropertyType] = {}
    for statement in statements:
        fresh |= property_rules.check(statement.properties, known | fresh)
    await store.add_property_types(tx, fresh, now)
