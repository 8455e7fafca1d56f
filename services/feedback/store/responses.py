"""Answers, each stored together with the event that tells of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import ASCENDING, Document, Transaction
from chassis.pending import Outgoing
from services.feedback.domain.response import Response
from services.feedback.events import response_changed
from services.feedback.store.collections import RESPONSES
from services.feedback.store.marks import mark_answers

_codec = TypeAdapter(Response)


def response_from(document: Document) -> Response:
    """A stored answer."""
    return _codec.validate_python({**document, "id": document["_id"]})


async def responses_of(tx: Transaction, customer_ids: Iterable[str]) -> list[Response]:
    """All answers of these customers."""
    cursor = tx.collection(RESPONSES).find({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
    return [response_from(document) async for document in cursor]


async def changed_between(
    tx: Transaction, since: datetime, until: datetime, after: list[Any] | None, limit: int
) -> list[Response]:
    """Answers by the time of their last change; `after` is that time and the id of the last one seen."""
    query: Document = {"changed_at": {"$gte": since, "$lt": until}}
    if after:
        at, id_ = after
        query = {"$and": [query, {"$or": [{"changed_at": {"$gt": at}}, {"changed_at": at, "_id": {"$gt": id_}}]}]}
    order = [("changed_at", ASCENDING), ("_id", ASCENDING)]
    cursor = tx.collection(RESPONSES).find(query, session=tx.session).sort(order).limit(limit)
    return [response_from(document) async for document in cursor]


async def save_response(tx: Transaction, response: Response) -> Response:
    """Store an answer and tell others, under its next seq."""
    saved = replace(response, seq=response.seq + 1)
    document = _codec.dump_python(saved)
    document["_id"] = document.pop("id")
    await mark_answers(tx, [response])
    await tx.collection(RESPONSES).replace_one({"_id": saved.id}, document, upsert=True, session=tx.session)
    event = Outgoing(
        subject=saved.id,
        seq=saved.seq,
        type=ResponseChanged.type,
        data=response_changed(saved),
        time=saved.changed_at,
        partition_key=saved.customer_id or saved.id,
    )
    await tx.publish(topics.FEEDBACK_RESPONSES, [event])
    return saved
