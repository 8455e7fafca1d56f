"""What scheduler hears."""

from collections.abc import Iterable, Sequence

from sounding_contracts import topics
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.integrations import SurveyTrigger
from sounding_contracts.responses import ResponseChanged

from chassis.clock import now
from chassis.streams import Event, Router, Transaction
from services.scheduler import store
from services.scheduler.commands import projections as commands
from services.scheduler.commands import triggers

router = Router()


async def _derive_profiles(tx: Transaction, ids: set[str]) -> None:
    await commands.derive_profiles(tx, ids, now())


async def _derive_deliverability(tx: Transaction, ids: set[str]) -> None:
    await commands.derive_deliverability(tx, ids, now())


async def _derive_surveys(tx: Transaction, ids: set[str]) -> None:
    await commands.derive_surveys(tx, ids, now())


async def _derive_scores(tx: Transaction, ids: set[str]) -> None:
    await commands.derive_scores(tx, ids, now())


@router.reads(topics.PROFILE_CUSTOMERS, projections=(store.PROFILES,), derive=_derive_profiles)
async def follow_customers(events: Sequence[Event[CustomerChanged]], tx: Transaction) -> Iterable[str]:
    """Look again at customers who changed."""
    return await commands.follow_customers(tx, events)


@router.reads(topics.OUTBOX_DELIVERABILITY, projections=(store.DELIVERABILITY,), derive=_derive_deliverability)
async def follow_deliverability(events: Sequence[Event[DeliverabilityChanged]], tx: Transaction) -> Iterable[str]:
    """Look again at customers who may, or may no longer, be surveyed."""
    return await commands.follow_deliverability(tx, events)


@router.reads(topics.OUTBOX_DISPATCHES, projections=(store.RECORDS,), derive=_derive_surveys, derives_for="customer_id")
async def follow_records(events: Sequence[Event[DispatchChanged]], tx: Transaction) -> Iterable[str]:
    """Learn what became of requests to survey."""
    return await commands.follow_records(tx, events)


@router.reads(topics.INTEGRATIONS_TRIGGERS)
async def take_triggers(events: Sequence[Event[SurveyTrigger]], tx: Transaction) -> None:
    """Hold what happened for the campaigns that wait for it."""
    await triggers.take_triggers(tx, events, now())


@router.reads(topics.FEEDBACK_RESPONSES, projections=(store.ANSWERS,), derive=_derive_scores, derives_for="customer_id")
async def follow_answers(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> Iterable[str]:
    """Learn the last score."""
    return await commands.follow_answers(tx, events)
