"""Where feedback keeps answers, and what it must know to ask."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import ASCENDING, DESCENDING, Document, IndexModel, ReplaceOne, Transaction
from chassis.pending import Outgoing
from services.feedback.domain.response import Response
from services.feedback.events import response_changed

RESPONSES, DISPATCHES, CAMPAIGNS = "responses", "dispatches", "campaigns"
CUSTOMERS, BRANDS, PEOPLE = "customers", "brands", "people"

INDEXES: dict[str, Sequence[IndexModel]] = {
    RESPONSES: [
        IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("campaign_id", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("answered_at", DESCENDING), ("_id", DESCENDING)]),
    ],
    DISPATCHES: (),
    CAMPAIGNS: (),
    CUSTOMERS: (),
    BRANDS: (),
    PEOPLE: (),
}

HOLDS = {CUSTOMERS: "_id", PEOPLE: "_id", DISPATCHES: "customer_id", RESPONSES: "customer_id"}
"""What is known of a customer."""

_codec = TypeAdapter(Response)


def response_from(document: Document) -> Response:
    """A stored answer."""
    return _codec.validate_python({**document, "id": document["_id"]})


async def find(tx: Transaction, name: str, id_: str) -> Document | None:
    """A document."""
    return await tx.collection(name).find_one({"_id": {"$eq": id_}}, session=tx.session)


async def responses_of(tx: Transaction, customer_ids: Iterable[str]) -> list[Response]:
    """All answers of these customers."""
    cursor = tx.collection(RESPONSES).find({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
    return [response_from(document) async for document in cursor]


async def known_customers(tx: Transaction, ids: Iterable[str]) -> set[str]:
    """Those of these that are there."""
    cursor = tx.collection(CUSTOMERS).find({"_id": {"$in": list(ids)}}, {"_id": 1}, session=tx.session)
    return {document["_id"] async for document in cursor}


async def hold_person(tx: Transaction, customer_id: str, now: datetime) -> bool:
    """Write on a person's document, so that answering and erasing come one after the other; false where erased."""
    rows = tx.collection(PEOPLE)
    found = await rows.find_one({"_id": {"$eq": customer_id}}, session=tx.session)
    if found and found.get("erased"):
        return False
    await rows.update_one({"_id": customer_id}, {"$set": {"answered_at": now}}, upsert=True, session=tx.session)
    return True


async def erase_people(tx: Transaction, ids: Iterable[str]) -> None:
    """Take no answer of these any more."""
    gone = [ReplaceOne({"_id": id_}, {"erased": True}, upsert=True) for id_ in ids]
    await tx.collection(PEOPLE).bulk_write(gone, session=tx.session)


async def save_response(tx: Transaction, response: Response) -> Response:
    """Store an answer and tell others, under its next seq."""
    saved = replace(response, seq=response.seq + 1)
    document = _codec.dump_python(saved)
    document["_id"] = document.pop("id")
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
