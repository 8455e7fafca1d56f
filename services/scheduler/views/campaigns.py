"""What can be seen of campaigns."""

import re
from typing import Any

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database
from services.scheduler import store
from services.scheduler.schemas.campaigns import CampaignBody, CampaignPage, CampaignVersions

NOT_FOUND = "campaign-not-found", "There is no campaign with this id."


async def campaign(database: Database, id_: str) -> CampaignBody:
    """One campaign. Raises `NotFound`."""
    document = await database.collection(store.CAMPAIGNS).find_one({"_id": {"$eq": id_}})
    if document is None:
        raise NotFound(*NOT_FOUND)
    return CampaignBody.of(store.campaign_from(document))


async def campaigns(
    database: Database, *, like: dict[str, str | None], part: str | None, after: str | None, limit: int
) -> CampaignPage:
    """Campaigns by id: those with these values, and with this part of a name."""
    query: dict[str, Any] = {name: {"$eq": value} for name, value in like.items() if value is not None}
    if part:
        query["name"] = {"$regex": re.escape(part), "$options": "i"}
    if after is not None:
        query["_id"] = {"$gt": after}
    cursor = database.collection(store.CAMPAIGNS).find(query).sort("_id", ASCENDING).limit(limit)
    items = [CampaignBody.of(store.campaign_from(document)) async for document in cursor]
    return CampaignPage(items=items, next=items[-1].id if len(items) == limit else None)


async def versions(database: Database, id_: str, *, before: int | None, limit: int) -> CampaignVersions:
    """What a campaign said, newest first. Raises `NotFound`."""
    await campaign(database, id_)
    query: dict[str, Any] = {"campaign_id": {"$eq": id_}}
    if before is not None:
        query["seq"] = {"$lt": before}
    cursor = database.collection(store.CAMPAIGN_VERSIONS).find(query).sort("seq", DESCENDING).limit(limit)
    items = [CampaignBody.of(store.campaign_from(document)) async for document in cursor]
    return CampaignVersions(items=items, next=items[-1].version if len(items) == limit else None)


async def version(database: Database, id_: str, seq: int) -> CampaignBody:
    """What a campaign said at a version: the last content that came with it or before. Raises `NotFound`."""
    await campaign(database, id_)
    query = {"campaign_id": {"$eq": id_}, "seq": {"$lte": seq}}
    found = await database.collection(store.CAMPAIGN_VERSIONS).find_one(query, sort=[("seq", DESCENDING)])
    if found is None:
        code, reason = "version-not-found", "The campaign has no such version."
        raise NotFound(code, reason)
    return CampaignBody.of(store.campaign_from(found))
