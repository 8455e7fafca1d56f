"""What is asked, and what was answered so far: all that a survey page needs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from chassis.ids import derived_id
from chassis.mongo import Database, Document
from services.feedback import store
from services.feedback.domain.further import KINDS, Further, ShowIf
from services.feedback.domain.response import Question, Response

Asked = tuple[Question, Document, Document]
_further = TypeAdapter(Further)


def further_of(campaign: Document) -> list[Further]:
    """What a campaign asks after the rating; a kind that is not known here is left out."""
    known = [one for one in campaign.get("further_questions") or [] if one["kind"] in KINDS]
    return [_further.validate_python({**one, "show_if": one.get("show_if") or ShowIf()}) for one in known]


async def asked(database: Database, dispatch_ids: Sequence[str]) -> list[Asked | None]:
    """The questions of dispatches with their campaigns and brands, in three steps for any number.

    None for one that this service does not know yet.
    """
    dispatches = await _some(database, store.DISPATCHES, dispatch_ids)
    campaigns = await _some(database, store.CAMPAIGNS, [one["campaign_id"] for one in dispatches.values()])
    brand_ids = [one.get("brand_id") for one in (*dispatches.values(), *campaigns.values())]
    brands = await _some(database, store.BRANDS, [one for one in brand_ids if one])
    return [_asked(dispatches.get(id_), campaigns, brands) for id_ in dispatch_ids]


async def _some(database: Database, name: str, ids: Sequence[str]) -> dict[str, Document]:
    if not ids:
        return {}
    cursor = database.collection(name).find({"_id": {"$in": list(set(ids))}})
    return {document["_id"]: document for document in await cursor.to_list(None)}


def _asked(
    dispatch: Document | None, campaigns: Mapping[str, Document], brands: Mapping[str, Document]
) -> Asked | None:
    campaign = campaigns.get(dispatch["campaign_id"]) if dispatch else None
    if dispatch is None or campaign is None:
        return None
    brand = brands.get(dispatch.get("brand_id") or campaign.get("brand_id") or "", {})
    dispatch_id = dispatch["_id"]
    question = Question(
        response_id=derived_id("response", dispatch_id),
        dispatch_id=dispatch_id,
        customer_id=dispatch["customer_id"],
        campaign_id=dispatch["campaign_id"],
        campaign_name=campaign["name"],
        metric=campaign["metric"],
        language=dispatch.get("language"),
        channel=dispatch.get("channel") or "email",
        asked_at=dispatch.get("sent_at") or dispatch["requested_at"],
        trace=dispatch.get("trace"),
    )
    return question, campaign, brand


async def asked_by_link(
    database: Database, campaign_id: str, customer_id: str | None, sheet: str, language: str | None, now: datetime
) -> Asked | None:
    """The question of a public link; None while its campaign is not known here.

    A customer whom the link names answers once; of those without a name each `sheet` is an answer.
    """
    campaign = await database.collection(store.CAMPAIGNS).find_one({"_id": {"$eq": campaign_id}})
    if campaign is None:
        return None
    question = Question(
        response_id=derived_id("link", campaign_id, *(("customer", customer_id) if customer_id else ("sheet", sheet))),
        dispatch_id=None,
        customer_id=customer_id,
        campaign_id=campaign_id,
        campaign_name=campaign["name"],
        metric=campaign["metric"],
        language=language,
        channel="link",
        asked_at=now,
    )
    return question, campaign, await _brand(database, campaign.get("brand_id"))


async def _brand(database: Database, id_: str | None) -> Document:
    return await database.collection(store.BRANDS).find_one({"_id": {"$eq": id_}}) or {}


async def answer_to(database: Database, id_: str) -> Response | None:
    """What was answered so far."""
    document = await database.collection(store.RESPONSES).find_one({"_id": {"$eq": id_}})
    return store.response_from(document) if document else None


async def was_removed(database: Database, id_: str) -> bool:
    """Whether there was an answer that was taken out for good."""
    return await database.collection(store.REMOVED).find_one({"_id": {"$eq": id_}}) is not None
