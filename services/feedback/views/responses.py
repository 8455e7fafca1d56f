"""What can be seen of answers."""

from datetime import datetime

from chassis.errors import Invalid, NotFound
from chassis.mongo import DESCENDING, Database, Document
from services.feedback import store
from services.feedback.domain.response import Response
from services.feedback.schemas import ResponseBody, ResponsePage


async def responses(database: Database, query: Document, *, after: str | None, limit: int) -> ResponsePage:
    """Answers, newest first. Raises `Invalid` for a cursor that is none."""
    if after:
        query = {**query, "$or": _beyond(after)}
    order = [("answered_at", DESCENDING), ("_id", DESCENDING)]
    cursor = database.collection(store.RESPONSES).find(query).sort(order).limit(limit)
    found = [store.response_from(document) async for document in cursor]
    following = _cursor(found[-1]) if len(found) == limit else None
    return ResponsePage(items=[ResponseBody.of(response) for response in found], next=following)


def _cursor(response: Response) -> str:
    """Of characters that stand in an address as they are."""
    return f"{response.answered_at.isoformat().replace('+00:00', 'Z')}~{response.id}"


def _beyond(after: str) -> list[Document]:
    moment, _, id_ = after.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        code, reason = "cursor-not-valid", "Use `next` of the page before."
        raise Invalid(code, reason, field="after") from error
    return [{"answered_at": {"$lt": at}}, {"answered_at": at, "_id": {"$lt": id_}}]


async def response(database: Database, id_: str) -> ResponseBody:
    """One. Raises `NotFound`."""
    document = await database.collection(store.RESPONSES).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "response-not-found", "There is no answer with this id."
        raise NotFound(code, reason)
    return ResponseBody.of(store.response_from(document))
