"""What can be seen of all answers together."""

from typing import Any

from chassis.mongo import Database, Document
from services.feedback import store
from services.feedback.domain import scoring
from services.feedback.schemas import Summary


async def summary(database: Database, campaign_id: str | None) -> Summary:
    """NPS over all answers, or those of a campaign."""
    query: dict[str, Any] = {"metric": "nps", "provisional": False, "suspected_automatic": False}
    if campaign_id is not None:
        query["campaign_id"] = {"$eq": campaign_id}
    stages: list[Document] = [{"$match": query}, {"$group": {"_id": "$score", "count": {"$sum": 1}}}]
    rows = database.collection(store.RESPONSES).aggregate(stages)
    return Summary.of(scoring.nps_of({row["_id"]: row["count"] async for row in rows}))
