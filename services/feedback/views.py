"""What can be seen of answers."""

from datetime import datetime
from typing import Any

from chassis.errors import Invalid, NotFound
from chassis.mongo import DESCENDING, Database, Document
from services.feedback import store
from services.feedback.domain import scoring
from services.feedback.domain.response import Question, Response
from services.feedback.schemas import ResponseBody, ResponsePage, Summary


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


async def summary(database: Database, campaign_id: str | None) -> Summary:
    """NPS over all answers, or those of a campaign."""
    query: dict[str, Any] = {"metric": "nps", "provisional": False, "suspected_automatic": False}
    if campaign_id is not None:
        query["campaign_id"] = {"$eq": campaign_id}
    rows = database.collection(store.RESPONSES).find(query, {"score": 1})
    return Summary.of(scoring.nps([row["score"] async for row in rows]))


async def asked(database: Database, dispatch_id: str) -> tuple[Question, Document, Document] | None:
    """The question of a dispatch with its campaign and brand; None while this service does not know them yet."""
    dispatch = await database.collection(store.DISPATCHES).find_one({"_id": {"$eq": dispatch_id}})
    if dispatch is None:
        return None
    campaign = await database.collection(store.CAMPAIGNS).find_one({"_id": {"$eq": dispatch["campaign_id"]}})
    if campaign is None:
        return None
    brand_id = dispatch.get("brand_id") or campaign.get("brand_id")
    brand = await database.collection(store.BRANDS).find_one({"_id": {"$eq": brand_id}})
    question = Question(
        dispatch_id=dispatch_id,
        customer_id=dispatch["customer_id"],
        campaign_id=dispatch["campaign_id"],
        campaign_name=campaign["name"],
        metric=campaign["metric"],
        language=dispatch.get("language"),
        asked_at=dispatch.get("sent_at") or dispatch["requested_at"],
    )
    return question, campaign, brand or {}


async def answer_to(database: Database, id_: str) -> Response | None:
    """What was answered so far."""
    document = await database.collection(store.RESPONSES).find_one({"_id": {"$eq": id_}})
    return store.response_from(document) if document else None
