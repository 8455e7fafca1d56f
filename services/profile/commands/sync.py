"""Take sync events over HTTP: the same events, the same topic, the same contract as by Kafka."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sounding_contracts.envelope import Event
from sounding_contracts.integrations import CustomerSync
from sounding_contracts.topics import INTEGRATIONS_CUSTOMERS

from chassis.ids import new_id
from chassis.mongo import Transaction
from commons import calls
from commons.email import canonical_email
from services.profile.events import in_data, statement_of
from services.profile.schemas.sync import SyncAccepted
from services.profile.store.syncs import TYPES, Call, keep_call


def read_events(bodies: Mapping[str, Any]) -> list[Event[CustomerSync]]:
    """The events of these bodies, by the place that each has in its call.

    Raises `Invalid` with every fault in it, by place and field; then nothing is accepted.
    """
    return calls.read_events(bodies, TYPES, kind="sync", noun="events", check=_check)


def _check(event: Event[CustomerSync]) -> None:
    with in_data():
        statement_of(event)
        if event.data and event.data.email:
            canonical_email(event.data.email)


async def accept_events(tx: Transaction, events: Sequence[Event[CustomerSync]], now: datetime) -> SyncAccepted:
    """Store the events to be appended to the integrations' topic, in their order."""
    call = Call(id=new_id(), at=now, events=[(event.source, event.id, event.subject) for event in events])
    await tx.forward(INTEGRATIONS_CUSTOMERS, [(_key(event), event) for event in events], call.id)
    await keep_call(tx, call)
    return SyncAccepted(id=call.id, count=len(events))


def _key(event: Event[CustomerSync]) -> str:
    """As integrations choose it: the customer's id, else the address."""
    return event.subject or (event.data.email if event.data else None) or event.id
