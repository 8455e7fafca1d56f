"""What can be seen of answers."""

import asyncio
from typing import Any

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database, Document
from services.feedback import store
from services.feedback.domain.finding import Order
from services.feedback.domain.response import Response
from services.feedback.schemas import ResponseBody, ResponsePage
from services.feedback.schemas.finding import CountBody, ResponseCount, ResponseQuery, ResponseSearch
from services.feedback.schemas.handling import AuditPage, EntryBody, NoteBody, ResponseDetail
from services.feedback.store import audit as entries
from services.feedback.store import notes

LATEST_ENTRIES, LATEST_OTHERS = 20, 10


async def responses(database: Database, wanted: ResponseQuery | ResponseSearch) -> ResponsePage:
    """A page of answers. Raises `Invalid`."""
    order = Order.of(wanted.sort)
    found = await page(database, wanted.query, order, after=wanted.after, limit=wanted.limit)
    following = mark_of(order, found[-1]) if len(found) == wanted.limit else None
    return ResponsePage(items=[ResponseBody.of(response) for response in found], next=following)


async def page(database: Database, query: Document, order: Order, *, after: str | None, limit: int) -> list[Response]:
    """Some of the answers for which a query holds, after a mark. Raises `Invalid`."""
    beyond = [order.after(after)] if after else []
    asked = {"$and": [*beyond, *([query] if query else [])]} if beyond or query else {}
    direction = DESCENDING if order.descending else ASCENDING
    cursor = database.collection(store.RESPONSES).find(asked, {"words": 0})
    documents = await cursor.sort([(order.name, direction), ("_id", direction)]).limit(limit).to_list(None)
    return [store.response_from(document) for document in documents]


def mark_of(order: Order, response: Response) -> str:
    """Where a page ended."""
    return order.mark(getattr(response, order.name), response.id)


async def count(database: Database, wanted: CountBody) -> ResponseCount:
    """How many there are, counted no further than asked. Raises `Invalid`."""
    rows, query = database.collection(store.RESPONSES), wanted.query
    still_open = {"$and": [{"work.state": "open"}, *([query] if query else [])]}
    found, waiting = await asyncio.gather(
        rows.count_documents(query, limit=wanted.up_to), rows.count_documents(still_open, limit=wanted.up_to)
    )
    return ResponseCount(count=found, open=waiting, exact=found < wanted.up_to)


async def response(database: Database, id_: str) -> ResponseBody:
    """One. Raises `NotFound`."""
    return ResponseBody.of(await _found(database, id_))


async def detail(database: Database, id_: str) -> ResponseDetail:
    """One, with all that its page shows. Raises `NotFound`."""
    found = await _found(database, id_)
    said, done, others = await asyncio.gather(
        notes.notes_of(database, id_),
        entries.entries(database, id_, before=None, limit=LATEST_ENTRIES),
        _others(database, found),
    )
    return ResponseDetail(
        **ResponseBody.of(found).model_dump(),
        notes=[NoteBody.of(note) for note in said],
        audit=[EntryBody.of(entry) for entry in done],
        others=others,
    )


async def audit(database: Database, id_: str, *, after: str | None, limit: int) -> AuditPage:
    """What people did with an answer, newest first; of one that was erased only who did what when."""
    found = await entries.entries(database, id_, before=after, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return AuditPage(items=[EntryBody.of(entry) for entry in found], next=following)


async def _others(database: Database, found: Response) -> list[ResponseBody]:
    if found.customer_id is None:
        return []
    query: dict[str, Any] = {"customer_id": found.customer_id, "_id": {"$ne": found.id}}
    order = Order.of("-answered_at")
    return [ResponseBody.of(one) for one in await page(database, query, order, after=None, limit=LATEST_OTHERS)]


async def _found(database: Database, id_: str) -> Response:
    document = await database.collection(store.RESPONSES).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "response-not-found", "There is no answer with this id."
        raise NotFound(code, reason)
    return store.response_from(document)
