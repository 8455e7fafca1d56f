"""Take sync events over HTTP: the same events, the same topic, the same contract as by Kafka."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sounding_contracts.envelope import DecodeError, Event, decode
from sounding_contracts.integrations import CustomerSync
from sounding_contracts.topics import INTEGRATIONS_CUSTOMERS

from chassis.errors import Invalid, Refusal
from chassis.ids import new_id
from chassis.mongo import Transaction
from commons.email import canonical_email
from services.profile.events import in_data, statement_of
from services.profile.schemas.sync import SyncAccepted
from services.profile.store.syncs import TYPES, Call, keep_call

MAX_EVENTS = 1000


def read_events(body: Any) -> list[Event[CustomerSync]]:
    """The events of a call. Raises `Invalid` with every fault in it, by place and field; then nothing is accepted."""
    return read_bodies({str(place): one for place, one in enumerate(body)} if isinstance(body, list) else {"": body})


def read_bodies(bodies: Mapping[str, Any]) -> list[Event[CustomerSync]]:
    """The events of these bodies, by the place that each has in its call. Raises as `read_events` does."""
    if not 1 <= len(bodies) <= MAX_EVENTS:
        code, reason = "sync-count", f"Send 1 to {MAX_EVENTS:,} events; these are {len(bodies):,}."
        raise Invalid(code, reason, field="body")
    events: list[Event[CustomerSync]] = []
    faults = []
    for place, one in bodies.items():
        try:
            events.append(_read(one))
        except (DecodeError, Refusal) as error:
            field = ".".join(part for part in (place, error.field) if part)
            faults.append({"field": field or "body", "reason": error.reason})
    if faults:
        code, reason = (
            "sync-not-valid",
            f"{len(faults):,} of {len(bodies):,} events are not valid; nothing was accepted.",
        )
        raise Invalid(code, reason, errors=faults)
    return events


def _read(one: Any) -> Event[CustomerSync]:
    event: Event[CustomerSync] = decode(json.dumps(one).encode(), (), TYPES)
    if "\x00" in f"{event.id}{event.source}{event.subject}":
        code, reason = "sync-not-valid", "id, source and subject may not hold a NUL"
        raise Invalid(code, reason)
    with in_data():
        statement_of(event)
        if event.data and event.data.email:
            canonical_email(event.data.email)
    return event


async def accept_events(tx: Transaction, events: Sequence[Event[CustomerSync]], now: datetime) -> SyncAccepted:
    """Store the events to be appended to the integrations' topic, in their order."""
    call = Call(id=new_id(), at=now, events=[(event.source, event.id, event.subject) for event in events])
    await tx.forward(INTEGRATIONS_CUSTOMERS, [(_key(event), event) for event in events], call.id)
    await keep_call(tx, call)
    return SyncAccepted(id=call.id, count=len(events))


def _key(event: Event[CustomerSync]) -> str:
    """As integrations choose it: the customer's id, else the address."""
    return event.subject or (event.data.email if event.data else None) or event.id
