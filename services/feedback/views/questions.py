"""What is asked, and what was answered so far: all that a survey page needs."""

from chassis.mongo import Database, Document
from services.feedback import store
from services.feedback.domain.response import Question, Response


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
