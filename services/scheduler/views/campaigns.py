"""What can be seen of campaigns."""

from typing import Any

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, Database
from services.scheduler import store
from services.scheduler.schemas.campaigns import CampaignBody, CampaignPage


async def campaign(database: Database, id_: str) -> CampaignBody:
    """One campaign. Raises `NotFound`."""
    document = await database.collection(store.CAMPAIGNS).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "campaign-not-found", "There is no campaign with this id."
        raise NotFound(code, reason)
    return CampaignBody.of(store.campaign_from(document))


async def campaigns(database: Database, *, state: str | None, after: str | None, limit: int) -> CampaignPage:
    """Campaigns by id, all or those in a state."""
    query: dict[str, Any] = {} if state is None else {"state": {"$eq": state}}
    if after is not None:
        query["_id"] = {"$gt": after}
    cursor = database.collection(store.CAMPAIGNS).find(query).sort("_id", ASCENDING).limit(limit)
    items = [CampaignBody.of(store.campaign_from(document)) async for document in cursor]
    return CampaignPage(items=items, next=items[-1].id if len(items) == limit else None)
