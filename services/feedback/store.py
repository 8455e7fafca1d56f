"""Where feedback keeps answers, and what it must know to ask."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import ASCENDING, DESCENDING, Document, IndexModel, Transaction
from chassis.pending import Outgoing
from services.feedback.domain.response import Response
from services.feedback.events import response_changed

RESPONSES, DISPATCHES, CAMPAIGNS = "responses", "dispatches", "campaigns"
CUSTOMERS, BRANDS = "customers", "brands"

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
}

_codec = TypeAdapter(Response)


def response_from(document: Document) -> Response:
    """A stored answer."""
    return _codec.validate_python({**document, "id": document["_id"]})


async def find(tx: Transaction, name: str, id_: str) -> Document | None:
    """A document."""
    return await tx.collection(name).find_one({"_id": {"$eq": id_}}, session=tx.session)


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
