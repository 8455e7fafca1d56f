"""What profile hears."""

from collections.abc import Iterable, Sequence

from sounding_contracts import topics
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.integrations import CustomerSync
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.responses import ResponseChanged

from chassis import clock
from chassis.streams import Event, Router, Transaction
from services.profile import store
from services.profile.commands import customers, projections
from services.profile.events import in_data

router = Router()


@router.reads(topics.INTEGRATIONS_CUSTOMERS, purpose="syncs", lanes=2)
async def apply_syncs(events: Sequence[Event[CustomerSync]], tx: Transaction) -> None:
    """Hear what integrations say of customers."""
    with in_data():
        await customers.apply_syncs(tx, events, clock.now())


@router.reads(
    topics.OUTBOX_DELIVERABILITY, projections=(store.DELIVERABILITY,), derive=projections.derive_deliverability
)
async def follow_deliverability(events: Sequence[Event[DeliverabilityChanged]], tx: Transaction) -> Iterable[str]:
    """Show who may be surveyed."""
    return await projections.follow_deliverability(tx, events)


@router.reads(topics.SCHEDULER_NEXT_SURVEYS, projections=(store.NEXT_SURVEYS,), derive=projections.derive_next_surveys)
async def follow_next_surveys(events: Sequence[Event[NextSurveyChanged]], tx: Transaction) -> Iterable[str]:
    """Show when each customer is surveyed next."""
    return await projections.follow_next_surveys(tx, events)


@router.reads(
    topics.FEEDBACK_RESPONSES,
    projections=(store.ANSWERS,),
    derive=projections.derive_scores,
    derives_for="customer_id",
)
async def follow_answers(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> Iterable[str]:
    """Show last score and trend."""
    return await projections.follow_answers(tx, events)


@router.reads(
    topics.OUTBOX_DISPATCHES,
    projections=(store.RECORDS,),
    derive=projections.derive_delivery_stats,
    derives_for="customer_id",
)
async def follow_records(events: Sequence[Event[DispatchChanged]], tx: Transaction) -> Iterable[str]:
    """Show the delivery stats."""
    return await projections.follow_records(tx, events)


@router.reads(topics.PROFILE_CUSTOMERS, purpose="finding", projections=(store.FINDING,), gives_way=True)
async def follow_customers(events: Sequence[Event[CustomerChanged]], tx: Transaction) -> None:
    """Make customers found by a part of their name, address, company or external id."""
    await projections.follow_customers(tx, events)
