"""What has changed since it was counted: a mark for each change, made in the change's own transaction.

Marks are only inserted, so that answers which come in at once never wait for each other; the count takes them away.
"""

from collections.abc import Sequence
from datetime import datetime

from chassis.ids import new_id
from chassis.mongo import Document, Transaction
from services.feedback.domain.response import Response
from services.feedback.store.collections import RESPONSES, TO_COUNT


async def mark_answers(tx: Transaction, responses: Sequence[Response]) -> None:
    """Have these answers counted anew; call it before they are written or removed: it reads where they stood."""
    known = [one.id for one in responses if one.seq]
    stood: dict[str, Document] = {}
    if known:
        fields = {"metric": 1, "answered_at": 1}
        cursor = tx.collection(RESPONSES).find({"_id": {"$in": known}}, fields, session=tx.session)
        stood = {row["_id"]: row async for row in cursor}
    marks = [_mark(one, stood.get(one.id)) for one in responses]
    if marks:
        await tx.collection(TO_COUNT).insert_many(marks, session=tx.session)


def _mark(response: Response, stood: Document | None) -> Document:
    places = {(response.metric, response.answered_at)}
    if stood is not None:
        places.add((stood["metric"], stood["answered_at"]))
    return {
        "_id": new_id(),
        "response_id": response.id,
        "customer_id": response.customer_id,
        "dispatch_id": response.dispatch_id,
        "places": [_place(*one) for one in sorted(places)],
    }


def _place(table: str, at: datetime) -> Document:
    return {"table": table, "at": at}
