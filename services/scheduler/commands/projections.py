"""Follow what became of customers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import Transaction, put_newer
from services.scheduler import events as translate
from services.scheduler import store
from services.scheduler.commands.reminders import plan_reminders
from services.scheduler.commands.settling import change_customers
from services.scheduler.domain.customer import Customer
from services.scheduler.store import triggers
from services.scheduler.store.in_app import forget_shown
from services.scheduler.store.reminders import forget_reminders


async def follow_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> set[str]:
    """Keep what audiences ask about."""
    return await _project(tx, store.PROFILES, events, translate.profile_row)


async def follow_deliverability(tx: Transaction, events: Sequence[Event[DeliverabilityChanged]]) -> set[str]:
    """Keep who may be surveyed."""
    return await _project(tx, store.DELIVERABILITY, events, translate.deliverability_row)


async def follow_records(tx: Transaction, events: Sequence[Event[DispatchChanged]]) -> set[str]:
    """Keep what became of each request."""
    before = await store.owners(tx, store.RECORDS, [str(event.subject) for event in events])
    await _project(tx, store.RECORDS, events, translate.record_row)
    return before | {event.data.customer_id for event in events if event.data}


async def follow_answers(tx: Transaction, events: Sequence[Event[ResponseChanged]]) -> set[str]:
    """Keep what of each answer counts."""
    before = await store.owners(tx, store.ANSWERS, [str(event.subject) for event in events])
    await _project(tx, store.ANSWERS, events, translate.answer_row)
    return before | {event.data.customer_id for event in events if event.data and event.data.customer_id}


async def _project(
    tx: Transaction, name: str, events: Sequence[Event[Any]], row: Callable[[Any], translate.Row | None]
) -> set[str]:
    rows = {str(event.subject): (event.seq, row(event.data)) for event in events}
    for event in events:
        tx.caused_by(getattr(event.data, "customer_id", None) or str(event.subject), event.traceparent)
    return await put_newer(tx, name, rows)


async def derive_profiles(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put who they are on customers; those whose row is gone were erased."""
    rows = await store.rows_of(tx, store.PROFILES, ids)
    gone = [id_ for id_ in ids if id_ not in rows]
    await store.forget_occurrences(tx, gone)
    await triggers.forget_triggers(tx, gone)
    await forget_reminders(tx, gone)
    await forget_shown(tx, gone)
    await triggers.adopt_triggers(tx, {key: id_ for id_, row in rows.items() for key in row.pop("keys", ())}, now)
    before = await store.Customers(tx).load(ids)
    await change_customers(tx, before, lambda customer: _known_as(customer, rows.get(customer.id)), now)


async def derive_deliverability(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put on customers whether they may be surveyed."""
    rows = await store.rows_of(tx, store.DELIVERABILITY, ids)
    before = await store.Customers(tx).load(ids)
    await change_customers(tx, before, lambda customer: _reachable_as(customer, rows.get(customer.id, {})), now)


async def derive_surveys(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put their survey history on customers."""
    surveys = await store.surveys_of(tx, ids)
    before = await store.Customers(tx).load(ids)
    await change_customers(tx, before, lambda customer: replace(customer, surveys=surveys[customer.id]), now)
    await plan_reminders(tx, ids)


async def derive_scores(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put their last score on customers."""
    scores = await store.last_scores_of(tx, ids)
    before = await store.Customers(tx).load(ids)
    await change_customers(tx, before, lambda customer: replace(customer, last_score=scores[customer.id]), now)


def _reachable_as(customer: Customer, row: translate.Row) -> Customer:
    return replace(
        customer,
        status=row.get("status"),
        status_at=row.get("status_at"),
        paused_until=row.get("paused_until"),
        resting_until=row.get("resting_until"),
        refused_campaigns=tuple(row.get("refused_campaigns", ())),
        refused_brands=tuple(row.get("refused_brands", ())),
    )


def _known_as(customer: Customer, profile: translate.Row | None) -> Customer:
    return replace(customer, profile=profile, erased=customer.erased or profile is None)
