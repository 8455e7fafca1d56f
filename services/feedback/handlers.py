"""What feedback hears: all that it needs to ask without asking anyone."""

from collections.abc import Sequence

from sounding_contracts import topics
from sounding_contracts.brands import BrandChanged
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.responses import ResponseChanged

from chassis import clock
from chassis.streams import Event, Router, Transaction
from services.feedback import commands, store
from services.feedback.commands import alerts, autoreplies, text, webhooks
from services.feedback.commands.text import Labeller
from services.feedback.store.marks import mark_customers

router = Router()


async def _settle_customers(tx: Transaction, customer_ids: set[str]) -> None:
    await commands.forget_erased(tx, customer_ids, clock.now())
    await mark_customers(tx, customer_ids)


@router.reads(topics.PROFILE_CUSTOMERS, projections=(store.CUSTOMERS, store.IDENTITIES), derive=_settle_customers)
async def follow_customers(events: Sequence[Event[CustomerChanged]], tx: Transaction) -> set[str]:
    """Keep attributes, for the answers to come and for figures; forget the erased."""
    return await commands.follow_customers(tx, events)


@router.reads(topics.SCHEDULER_CAMPAIGNS, projections=(store.CAMPAIGNS,))
async def follow_campaigns(events: Sequence[Event[CampaignChanged]], tx: Transaction) -> None:
    """Keep what is asked."""
    await commands.follow(tx, store.CAMPAIGNS, events, CampaignChanged.model_dump)


@router.reads(topics.OUTBOX_DISPATCHES, projections=(store.DISPATCHES,), derive=commands.mark_dispatches)
async def follow_dispatches(events: Sequence[Event[DispatchChanged]], tx: Transaction) -> set[str]:
    """Keep who is asked."""
    return await commands.follow_dispatches(tx, events)


@router.reads(topics.FEEDBACK_RESPONSES, purpose="webhooks")
async def tell_webhooks(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> None:
    """Line our own answers up for the webhooks that want them."""
    await webhooks.tell(tx, said_anew(events), clock.now())
    await webhooks.tell_removed(tx, events, clock.now())


@router.reads(topics.FEEDBACK_RESPONSES, purpose="autoreplies")
async def follow_answers(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> None:
    """Claim our own answers for the mails that follow them."""
    await autoreplies.follow_answers(tx, said_anew(events), clock.now())


@router.reads(topics.FEEDBACK_RESPONSES, purpose="alerts")
async def raise_alerts(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> None:
    """Claim our own answers for the alerts that they raise."""
    await alerts.raise_alerts(tx, said_anew(events), clock.now())


@router.reads(topics.OUTBOX_BRANDS, projections=(store.BRANDS,))
async def follow_brands(events: Sequence[Event[BrandChanged]], tx: Transaction) -> None:
    """Keep the face under which is asked."""
    await commands.follow(tx, store.BRANDS, events, BrandChanged.model_dump)


def make_router(labeller: Labeller) -> Router:
    """All handlers; `labeller` finds in comments what they are about."""
    whole = Router(subscriptions=list(router.subscriptions))

    @whole.reads(topics.FEEDBACK_RESPONSES, purpose="labels")
    async def label_answers(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> None:
        """Find in the comments of our own answers what they are about."""
        await text.label_answers(tx, events, labeller)

    return whole


def said_anew(events: Sequence[Event[ResponseChanged]]) -> list[Event[ResponseChanged]]:
    """Without the answers of the past that were only looked at once more: nobody is to be told of those again."""
    return [event for event in events if event.data and event.time is not None and event.time <= event.data.changed_at]
