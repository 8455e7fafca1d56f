"""Take triggers over HTTP: the same events, the same topic, the same contract as by Kafka."""

from collections.abc import Sequence
from typing import Any

from sounding_contracts.envelope import Event
from sounding_contracts.integrations import SurveyTrigger
from sounding_contracts.topics import INTEGRATIONS_TRIGGERS

from chassis.ids import new_id
from chassis.mongo import Transaction
from commons import calls
from services.scheduler.commands.triggers import trigger_id
from services.scheduler.schemas.triggers import TriggersAccepted

TYPES = {SurveyTrigger.type: SurveyTrigger}


def read_events(body: Any) -> list[Event[SurveyTrigger]]:
    """The events of a call. Raises `Invalid` with every fault in it, by place and field; then nothing is accepted."""
    return calls.read_events(calls.by_place(body), TYPES, kind="trigger", noun="triggers")


async def accept_events(tx: Transaction, events: Sequence[Event[SurveyTrigger]]) -> TriggersAccepted:
    """Store the events to be appended to the integrations' topic, in their order."""
    await tx.forward(INTEGRATIONS_TRIGGERS, [(_key(event), event) for event in events], new_id())
    ids = [trigger_id(event.source, event.id) for event in events]
    return TriggersAccepted(count=len(events), ids=ids)


def _key(event: Event[SurveyTrigger]) -> str:
    """As integrations choose it: the customer's id, else the address."""
    customer = event.data.customer if event.data else None
    return event.subject or (customer and (customer.external_id or customer.email)) or event.id
