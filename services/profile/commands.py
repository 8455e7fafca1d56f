"""What can be done with customers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event
from sounding_contracts.integrations import CustomerSync
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.responses import ResponseChanged

from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import Transaction, put_newer
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
from services.profile.domain.history import delivery_stats, score_trend, surveyed_by
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


async def follow_deliverability(tx: Transaction, events: Sequence[Event[DeliverabilityChanged]]) -> list[str]:
    """Keep each customer's deliverability."""
    rows = {str(e.subject): (e.seq, e.data.model_dump() if e.data else None) for e in events}
    return list(await put_newer(tx, store.DELIVERABILITY, rows))


async def follow_next_surveys(tx: Transaction, events: Sequence[Event[NextSurveyChanged]]) -> list[str]:
    """Keep each customer's next survey."""
    rows = {str(e.subject): (e.seq, e.data.model_dump() if e.data else None) for e in events}
    return list(await put_newer(tx, store.NEXT_SURVEYS, rows))


async def follow_answers(tx: Transaction, events: Sequence[Event[ResponseChanged]]) -> set[str]:
    """Keep what of each answer counts."""
    before = await store.owners(tx, store.ANSWERS, [str(event.subject) for event in events])
    await put_newer(tx, store.ANSWERS, {str(e.subject): (e.seq, store.answer_row(e.data)) for e in events})
    return {*before.values(), *(e.data.customer_id for e in events if e.data and e.data.customer_id)}


async def follow_records(tx: Transaction, events: Sequence[Event[DispatchChanged]]) -> set[str]:
    """Keep how far each survey came."""
    before = await store.owners(tx, store.RECORDS, [str(event.subject) for event in events])
    await put_newer(tx, store.RECORDS, {str(e.subject): (e.seq, store.record_row(e.data)) for e in events})
    return {*before.values(), *(e.data.customer_id for e in events if e.data)}


async def derive_scores(tx: Transaction, customer_ids: set[str]) -> None:
    """Put last score and trend on each customer."""
    found = await store.answers_of(tx, customer_ids)
    trends = {id_: score_trend(answers) for id_, answers in found.items()}
    shown = {id_: {"scores": list(trend), "last_score": trend[-1] if trend else None} for id_, trend in trends.items()}
    await store.project(tx, shown)


async def derive_delivery_stats(tx: Transaction, customer_ids: set[str]) -> None:
    """Put the delivery stats on each customer, and the campaigns that have surveyed it."""
    found = await store.records_of(tx, customer_ids)
    shown = {
        id_: {"delivery_stats": delivery_stats(records), "campaigns": surveyed_by(records)}
        for id_, records in found.items()
    }
    await store.project(tx, shown)


async def derive_deliverability(tx: Transaction, customer_ids: set[str]) -> None:
    """Put the deliverability on each customer."""
    rows = await store.rows_of(tx, store.DELIVERABILITY, customer_ids)
    await store.project(tx, {id_: {"deliverability": row} for id_, row in rows.items()})


async def derive_next_surveys(tx: Transaction, customer_ids: set[str]) -> None:
    """Put the next survey on each customer."""
    rows = await store.rows_of(tx, store.NEXT_SURVEYS, customer_ids)
    await store.project(tx, {id_: {"next_survey": row} for id_, row in rows.items()})


async def follow_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> None:
    """Keep what customers are searched by."""
    rows = {str(e.subject): (e.seq, store.finding_row(e.data)) for e in events}
    await put_newer(tx, store.FINDING, rows)
