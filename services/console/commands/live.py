"""What changed is kept for the pages that are open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.streams import Event, Transaction
from services.console import store
from services.console.events import changes_in


async def note_changes(tx: Transaction, stream: str, events: Sequence[Event[Any]], now: datetime) -> None:
    """Keep what these events changed."""
    if changes := changes_in(stream, events, now):
        await store.news.add(tx, changes, now)
