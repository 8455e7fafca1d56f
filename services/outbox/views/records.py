"""What can be seen of survey records."""

from dataclasses import asdict

from chassis.errors import NotFound
from chassis.mongo import DESCENDING, Database, Document
from services.outbox import store
from services.outbox.domain.dispatch import Dispatch
from services.outbox.schemas import DispatchBody, DispatchPage

HOW_SENT = {"manual": "manually", "reminder": "reminder"}


async def dispatches(database: Database, query: Document, *, after: str | None, limit: int) -> DispatchPage:
    """Survey records, by id downwards."""
    if after:
        query = {**query, "_id": {"$lt": after}}
    cursor = database.collection(store.DISPATCHES).find(query).sort("_id", DESCENDING).limit(limit)
    found = [store.dispatches.read(document) async for document in cursor]
    names = await _campaign_names(database, [dispatch.campaign_id for dispatch in found])
    items = [_body(dispatch, names) for dispatch in found]
    return DispatchPage(items=items, next=found[-1].id if len(found) == limit else None)


async def dispatch(database: Database, id_: str) -> DispatchBody:
    """One. Raises `NotFound`."""
    found = await store.one(database, store.DISPATCHES, store.dispatches, id_)
    if found is None:
        code, reason = "dispatch-not-found", "There is no survey record with this id."
        raise NotFound(code, reason)
    return _body(found, await _campaign_names(database, [found.campaign_id]))


async def _campaign_names(database: Database, ids: list[str]) -> dict[str, str]:
    cursor = database.collection(store.CAMPAIGNS).find({"_id": {"$in": ids}}, {"name": 1})
    return {document["_id"]: document["name"] async for document in cursor}


def _body(dispatch: Dispatch, names: dict[str, str]) -> DispatchBody:
    return DispatchBody.model_validate(
        {
            **asdict(dispatch),
            "state": str(dispatch.state),
            "campaign_name": names.get(dispatch.campaign_id),
            "how_sent": HOW_SENT.get(dispatch.reason, "automatically"),
            "responded": dispatch.responded_at is not None,
        }
    )
