"""What can be done: follow what others say, and take an answer."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sounding_contracts.envelope import Event

from chassis.ids import derived_id
from chassis.mongo import Document, Transaction, put_newer
from services.feedback import store
from services.feedback.domain.response import Given, Question, Response, answered


async def follow(
    tx: Transaction, name: str, events: Sequence[Event[Any]], kept: Callable[[Any], Document | None]
) -> None:
    """Keep a projection of what another service owns."""
    await put_newer(tx, name, {str(e.subject): (e.seq, kept(e.data) if e.data else None) for e in events})


async def answer(tx: Transaction, question: Question, given: Given, *, now: datetime, editable: timedelta) -> Response:
    """Store an answer, once for each dispatch however often it is sent.

    Raises `Conflict` where it can no longer be changed.
    """
    id_ = derived_id("response", question.dispatch_id)
    document = await store.find(tx, store.RESPONSES, id_)
    before = store.response_from(document) if document else None
    attributes = before.attributes if before else await store.find(tx, store.CUSTOMERS, question.customer_id) or {}
    after = answered(before, id_, question, given, _without_marks(attributes), now, editable)
    return after if after == before else await store.save_response(tx, after)


def _without_marks(row: Document) -> Document:
    return {name: value for name, value in row.items() if name not in {"_id", "seq"}}
