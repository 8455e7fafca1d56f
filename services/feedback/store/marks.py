"""What has changed since it was counted: a mark for each change, made in the change's own transaction.

Marks are only inserted, so that answers which come in at once never wait for each other; the count takes them away.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from chassis.ids import new_id
from chassis.mongo import ASCENDING, Database, Document, Transaction
from services.feedback.domain.counted import SURVEYS, day
from services.feedback.domain.response import Response
from services.feedback.store.collections import RESPONSES, TO_COUNT


class Kind(StrEnum):
    """Of what a mark is, in the order in which marks are counted."""

    ANSWER = "answer"
    SURVEY = "survey"
    CUSTOMER = "customer"


MOST = {Kind.ANSWER: 2_000, Kind.SURVEY: 10_000, Kind.CUSTOMER: 1_000}
"""Marks that are counted in one transaction: a crowd of surveys falls on one day, which is written once for all."""


async def mark_answers(tx: Transaction, responses: Sequence[Response]) -> None:
    """Have these answers counted anew; call it before they are written or removed: it reads where they stood."""
    known = [one.id for one in responses if one.seq]
    stood: dict[str, Document] = {}
    if known:
        fields = {"metric": 1, "answered_at": 1}
        cursor = tx.collection(RESPONSES).find({"_id": {"$in": known}}, fields, session=tx.session)
        stood = {row["_id"]: row async for row in cursor}
    await _insert(tx, [_answer(one, stood.get(one.id)) for one in responses])


async def mark_customers(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Have the answers of these customers counted by what they are now."""
    asked = {"customer_id": {"$in": list(customer_ids)}}
    answered = await tx.collection(RESPONSES).distinct("customer_id", asked, session=tx.session)
    marks = [{"kind": Kind.CUSTOMER.value, "customer_id": id_, "places": []} for id_ in answered]
    await _insert(tx, marks)


async def mark_surveys(tx: Transaction, surveys: Iterable[tuple[str, datetime | None]]) -> None:
    """Have surveys counted anew: each with a moment at which it was sent, or had been sent by what was known before."""
    places: dict[str, set[str]] = {}
    for id_, sent_at in surveys:
        places.setdefault(id_, set()).update([day(sent_at)] if sent_at else ())
    marks = [
        {"kind": Kind.SURVEY.value, "survey_id": id_, "places": [[SURVEYS, one] for one in sorted(days)]}
        for id_, days in places.items()
    ]
    await _insert(tx, marks)


def _answer(response: Response, stood: Document | None) -> Document:
    places = {(response.metric, day(response.answered_at))}
    if stood is not None:
        places.add((stood["metric"], day(stood["answered_at"])))
    return {
        "kind": Kind.ANSWER.value,
        "response_id": response.id,
        "customer_id": response.customer_id,
        "dispatch_id": response.dispatch_id,
        "places": [list(one) for one in sorted(places)],
    }


async def _insert(tx: Transaction, marks: Sequence[Document]) -> None:
    if marks:
        await tx.collection(TO_COUNT).insert_many([{"_id": new_id(), **one} for one in marks], session=tx.session)


async def next_marks(tx: Transaction) -> tuple[Kind, list[Document]] | None:
    """Some marks of one kind; None where all is counted."""
    for kind in Kind:
        cursor = tx.collection(TO_COUNT).find({"kind": kind.value}, session=tx.session)
        if found := await cursor.sort("_id", ASCENDING).limit(MOST[kind]).to_list(None):
            return kind, found
    return None


async def drop_marks(tx: Transaction, marks: Sequence[Document]) -> None:
    """These are counted."""
    gone = [mark["_id"] for mark in marks]
    await tx.collection(TO_COUNT).delete_many({"_id": {"$in": gone}}, session=tx.session)


async def waiting(database: Database) -> int:
    """How many changes are still to be counted."""
    return int(await database.collection(TO_COUNT).estimated_document_count())
