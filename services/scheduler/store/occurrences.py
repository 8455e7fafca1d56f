"""Occurrences: the insert is the claim, and the request goes out with it."""

from collections.abc import Iterable, Sequence

from sounding_contracts import topics
from sounding_contracts.dispatches import DispatchRequested

from chassis.mongo import Transaction
from chassis.pending import Outgoing
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.domain.parts import Channel
from services.scheduler.events import dispatch_requested
from services.scheduler.store.collections import OCCURRENCES
from services.scheduler.store.flat import flat


async def known_occurrences(tx: Transaction, ids: Iterable[str]) -> dict[str, Occurrence]:
    """Those occurrences that are claimed already."""
    cursor = tx.collection(OCCURRENCES).find({"_id": {"$in": list(ids)}}, {"_id": 0}, session=tx.session)
    found = [Occurrence(**{**row, "channel": Channel(row.get("channel", "email"))}) async for row in cursor]
    return {occurrence.id: occurrence for occurrence in found}


async def claim(tx: Transaction, occurrences: Sequence[Occurrence]) -> None:
    """Claim occurrences: the insert is the claim, and the request goes out with it or not at all."""
    if not occurrences:
        return
    rows = [{"_id": occurrence.id, **flat(occurrence)} for occurrence in occurrences]
    await tx.collection(OCCURRENCES).insert_many(rows, session=tx.session)
    await tx.publish(topics.SCHEDULER_DISPATCH_REQUESTS, [_request_event(occurrence) for occurrence in occurrences])


def _request_event(occurrence: Occurrence) -> Outgoing:
    return Outgoing(
        subject=occurrence.dispatch_id,
        seq=1,
        type=DispatchRequested.type,
        data=dispatch_requested(occurrence),
        time=occurrence.not_before,
        key=occurrence.customer_id,
        partition_key=occurrence.customer_id,
    )


async def forget_occurrences(tx: Transaction, customer_ids: Sequence[str]) -> None:
    """Remove all that was claimed for customers who were erased."""
    await tx.collection(OCCURRENCES).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
