"""From the contracts' events to the console's own words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.streams import Event
from services.console.domain.news import KEPT, Change

_BY_CUSTOMER = frozenset({"customers", "next-surveys", "deliverability"})


def changes_in(stream: str, events: Sequence[Event[Any]], now: datetime) -> list[Change]:
    """What is news of these events; what is older than what is kept is none."""
    recent = [event for event in events if event.time is None or event.time > now - KEPT]
    return [_change(stream, event) for event in recent]


def _change(stream: str, event: Event[Any]) -> Change:
    subject = event.subject or ""
    customer = subject if stream in _BY_CUSTOMER else getattr(event.data, "customer_id", None)
    return Change(stream, subject, customer, event.seq)
