"""What outbox hears."""

from collections.abc import Iterable, Sequence

from sounding_contracts import topics
from sounding_contracts.autoreplies import AutoreplyRequested
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchRequested
from sounding_contracts.responses import ResponseChanged

from chassis import clock
from chassis.streams import Event, Router, Transaction
from services.outbox import commands, store


def make_router(secret: str) -> Router:
    """The handlers; `secret` keys what is kept of addresses."""
    router = Router()

    async def derive_gates(tx: Transaction, customer_ids: set[str]) -> None:
        await commands.derive_gates(tx, customer_ids, secret, clock.now())

    @router.reads(topics.PROFILE_CUSTOMERS, projections=(store.RECIPIENTS,), derive=derive_gates)
    async def follow_recipients(events: Sequence[Event[CustomerChanged]], tx: Transaction) -> Iterable[str]:
        """Keep whom mails go to."""
        return await commands.follow_recipients(tx, events)

    @router.reads(topics.SCHEDULER_CAMPAIGNS, projections=(store.CAMPAIGNS,))
    async def follow_campaigns(events: Sequence[Event[CampaignChanged]], tx: Transaction) -> None:
        """Keep what mails are about."""
        await commands.follow_campaigns(tx, events)

    @router.reads(topics.FEEDBACK_RESPONSES)
    async def follow_responses(events: Sequence[Event[ResponseChanged]], tx: Transaction) -> None:
        """Mark what was answered."""
        await commands.follow_responses(tx, events, clock.now())

    _add_requests(router)
    return router


def _add_requests(router: Router) -> None:
    @router.reads(topics.SCHEDULER_DISPATCH_REQUESTS)
    async def begin(events: Sequence[Event[DispatchRequested]], tx: Transaction) -> None:
        """Make the survey records that are asked for."""
        await commands.begin(tx, events, clock.now())

    @router.reads(topics.FEEDBACK_AUTOREPLY_REQUESTS)
    async def begin_autoreplies(events: Sequence[Event[AutoreplyRequested]], tx: Transaction) -> None:
        """Make the records of mails for answers."""
        await commands.begin_autoreplies(tx, events, clock.now())
