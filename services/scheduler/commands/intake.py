"""Take triggers over HTTP: the same events, the same topic, the same contract as by Kafka."""

import json
from collections.abc import Sequence
from typing import Any

from sounding_contracts.envelope import DecodeError, Event, decode
from sounding_contracts.integrations import SurveyTrigger
from sounding_contracts.topics import INTEGRATIONS_TRIGGERS

from chassis.errors import Invalid, Refusal
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.scheduler.commands.triggers import trigger_id
from services.scheduler.schemas.triggers import TriggersAccepted

MAX_EVENTS = 1000
TYPES = {SurveyTrigger.type: SurveyTrigger}


def read_events(body: Any) -> list[Event[SurveyTrigger]]:
    """The events of a call. Raises `Invalid` with every fault in it, by place and field; then nothing is accepted."""
    bodies = {str(place): one for place, one in enumerate(body)} if isinstance(body, list) else {"": body}
    if not 1 <= len(bodies) <= MAX_EVENTS:
        code, reason = "trigger-count", f"Send 1 to {MAX_EVENTS:,} triggers; these are {len(bodies):,}."
        raise Invalid(code, reason, field="body")
    events: list[Event[SurveyTrigger]] = []
    faults = []
    for place, one in bodies.items():
        try:
            events.append(_read(one))
        except (DecodeError, Refusal) as error:
            field = ".".join(part for part in (place, error.field) if part)
            faults.append({"field": field or "body", "reason": error.reason})
    if faults:
        code = "trigger-not-valid"
        reason = f"{len(faults):,} of {len(bodies):,} triggers are not valid; nothing was accepted."
        raise Invalid(code, reason, errors=faults)
    return events


def _read(one: Any) -> Event[SurveyTrigger]:
    event: Event[SurveyTrigger] = decode(json.dumps(one).encode(), (), TYPES)
    if "\x00" in f"{event.id}{event.source}{event.subject}":
        code, reason = "trigger-not-valid", "id, source and subject may not hold a NUL"
        raise Invalid(code, reason)
    return event


async def accept_events(tx: Transaction, events: Sequence[Event[SurveyTrigger]]) -> TriggersAccepted:
    """Store the events to be appended to the integrations' topic, in their order."""
    await tx.forward(INTEGRATIONS_TRIGGERS, [(_key(event), event) for event in events], new_id())
    ids = [trigger_id(event.source, event.id) for event in events]
    return TriggersAccepted(count=len(events), ids=ids)


def _key(event: Event[SurveyTrigger]) -> str:
    """As integrations choose it: the customer's id, else the address."""
    customer = event.data.customer if event.data else None
    return event.subject or (customer and (customer.external_id or customer.email)) or event.id
