"""What the console hears: that something changed, for the pages that are open."""

from collections.abc import Sequence
from typing import Any

from sounding_contracts import topics

from chassis import clock
from chassis.streams import Event, Router, Transaction
from services.console import commands

router = Router()


def _listen(topic: topics.Topic) -> None:
    stream = topic.name.split(".")[1]

    @router.reads(topic)
    async def note(events: Sequence[Event[Any]], tx: Transaction) -> None:
        """Keep for an hour that it changed."""
        await commands.note_changes(tx, stream, events, clock.now())


for _topic in (
    topics.PROFILE_CUSTOMERS,
    topics.SCHEDULER_CAMPAIGNS,
    topics.SCHEDULER_NEXT_SURVEYS,
    topics.OUTBOX_DISPATCHES,
    topics.OUTBOX_DELIVERABILITY,
    topics.OUTBOX_BRANDS,
    topics.FEEDBACK_RESPONSES,
):
    _listen(_topic)
