"""What can be seen of triggers."""

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, Database, Document
from services.scheduler.domain.triggers import TriggerState
from services.scheduler.schemas.triggers import TriggerBody, TriggerOutcome, TriggerPage
from services.scheduler.store.collections import TRIGGERS
from services.scheduler.store.triggers import trigger_from


async def triggers(
    database: Database, *, state: TriggerState, like: dict[str, str | None], after: str | None, limit: int
) -> TriggerPage:
    """Triggers in a state: those with these values."""
    query: Document = {name: {"$eq": value} for name, value in like.items() if value is not None}
    query |= {"state": state.value, "_id": {"$gt": after or ""}}
    query.setdefault("campaign_id", {"$ne": ""})
    rows = await database.collection(TRIGGERS).find(query).sort("_id", ASCENDING).limit(limit).to_list(None)
    items = [TriggerBody.of(trigger_from(row)) for row in rows]
    return TriggerPage(items=items, next=rows[-1]["_id"] if len(rows) == limit else None)


async def trigger(database: Database, id_: str) -> TriggerOutcome:
    """What became of a trigger. Raises `NotFound` for one that started no campaign, or is older than thirty days."""
    query = {"trigger_id": {"$eq": id_}, "campaign_id": {"$ne": ""}}
    found = [TriggerBody.of(trigger_from(row)) async for row in database.collection(TRIGGERS).find(query)]
    if not found:
        code, reason = "trigger-not-found", "There is no trigger with this id, or it started no campaign."
        raise NotFound(code, reason)
    return TriggerOutcome(id=id_, campaigns=found)
