"""Answers, each stored together with the event that tells of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.responses import ResponseChanged

from chassis.errors import NotFound, Outdated
from chassis.mongo import ASCENDING, Document, ReplaceOne, Transaction
from chassis.pending import Outgoing
from services.feedback.domain.finding import words
from services.feedback.domain.response import Response
from services.feedback.domain.scoring import score_class
from services.feedback.events import response_changed
from services.feedback.store.collections import REMOVED, RESPONSES
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


async def response(tx: Transaction, id_: str, expected_seq: int | None = None) -> Response:
    """One. Raises `NotFound`, and `Outdated` where it is not the version expected."""
    document = await tx.collection(RESPONSES).find_one({"_id": {"$eq": id_}}, session=tx.session)
    if document is None:
        code, reason = "response-not-found", "There is no answer with this id."
        raise NotFound(code, reason)
    found = response_from(document)
    if expected_seq not in (None, found.seq):
        code, reason = "response-changed", "It was changed since; read it again."
        raise Outdated(code, reason, current_seq=found.seq)
    return found


async def some_responses(tx: Transaction, ids: Iterable[str]) -> dict[str, Response]:
    """Those of these that there are."""
    cursor = tx.collection(RESPONSES).find({"_id": {"$in": list(ids)}}, session=tx.session)
    return {document["_id"]: response_from(document) async for document in cursor}


async def save_response(tx: Transaction, response: Response) -> Response:
    """Store an answer and tell others, under its next seq."""
    (saved,) = await save_responses(tx, [response])
    return saved


async def save_responses(
    tx: Transaction, responses: Sequence[Response], *, told_at: datetime | None = None
) -> list[Response]:
    """Store answers, each once, and tell others, under their next seq: two writes for any number.

    With `told_at`, later than their last change, nothing was said anew: they were only looked at once more.
    """
    saved = [replace(one, seq=one.seq + 1) for one in responses]
    if saved:
        await _put(tx, responses, saved)
        await tx.publish(topics.FEEDBACK_RESPONSES, [_outgoing(one, response_changed(one), told_at) for one in saved])
    return saved


async def put_responses(tx: Transaction, responses: Sequence[Response]) -> None:
    """Store answers as others know them already."""
    if responses:
        await _put(tx, responses, responses)


async def _put(tx: Transaction, before: Sequence[Response], after: Sequence[Response]) -> None:
    await mark_answers(tx, before)
    writes = [ReplaceOne({"_id": one.id}, document_of(one), upsert=True) for one in after]
    await tx.collection(RESPONSES).bulk_write(writes, session=tx.session)


def document_of(response: Response) -> Document:
    """As it is stored: with its class and the words that it is found by."""
    document: Document = _codec.dump_python(response)
    document["_id"] = document.pop("id")
    document["work"]["state"] = str(response.work.state)
    document["score_class"] = score_class(response.metric, response.score)
    found = words(response.comment)
    return {**document, "words": found} if found else document


async def remove_response(tx: Transaction, response: Response, *, by: str, now: datetime) -> None:
    """Take an answer out for good and tell others; only that there was one is kept, so that it never comes back."""
    last = replace(response, seq=response.seq + 1, changed_at=now)
    await drop_responses(tx, [last], by=by, now=now)
    await tx.publish(topics.FEEDBACK_RESPONSES, [_outgoing(last, None)])


async def drop_responses(tx: Transaction, responses: Sequence[Response], *, by: str, now: datetime) -> None:
    """Take answers out of which others know already that they are no more."""
    if responses:
        await mark_answers(tx, responses)
        ids = [one.id for one in responses]
        await tx.collection(RESPONSES).delete_many({"_id": {"$in": ids}}, session=tx.session)
        kept = [{"_id": one.id, "seq": one.seq, "by": by, "at": now} for one in responses]
        await tx.collection(REMOVED).insert_many(kept, session=tx.session)


async def removed(tx: Transaction, ids: Iterable[str]) -> set[str]:
    """Those of these that were taken out."""
    cursor = tx.collection(REMOVED).find({"_id": {"$in": list(ids)}}, {"_id": 1}, session=tx.session)
    return {row["_id"] async for row in cursor}


def responses_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of stored answers last."""
    del now
    return [_outgoing(one, response_changed(one)) for one in map(response_from, documents)]


def removed_told(rows: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that say of answers that they were taken out; whose they were nobody knows any more."""
    del now
    return [
        Outgoing(subject=row["_id"], seq=row["seq"], type=ResponseChanged.type, data=None, time=row["at"])
        for row in rows
    ]


def _outgoing(response: Response, data: ResponseChanged | None, told_at: datetime | None = None) -> Outgoing:
    return Outgoing(
        subject=response.id,
        seq=response.seq,
        type=ResponseChanged.type,
        data=data,
        time=told_at or response.changed_at,
        partition_key=response.customer_id or response.id,
    )
