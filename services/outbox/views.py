"""What can be seen of survey records, brands and templates."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from chassis.errors import NotFound
from chassis.mongo import DESCENDING, Database, Document
from services.outbox import store
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Template
from services.outbox.schemas import BrandBody, DeliverabilityBody, DispatchBody, DispatchPage, TemplateBody

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


async def deliverability(database: Database, customer_id: str, now: datetime) -> DeliverabilityBody:
    """A customer's; one that nothing is known of may be surveyed."""
    gate = await store.one(database, store.GATES, store.gates, customer_id)
    return DeliverabilityBody.of(gate or Gate(id=customer_id), now)


async def on_the_way(database: Database, gate_ids: Sequence[str]) -> bool:
    """Whether a mail that passed one of these gates may not have landed yet."""
    return await store.on_the_way(database, gate_ids)


async def brands(database: Database) -> list[BrandBody]:
    """All."""
    cursor = database.collection(store.BRANDS).find().sort("_id", 1)
    return [BrandBody.of(store.brands.read(document)) async for document in cursor]


async def brand(database: Database, id_: str) -> BrandBody:
    """One. Raises `NotFound`."""
    found: Brand | None = await store.one(database, store.BRANDS, store.brands, id_)
    if found is None:
        code, reason = "brand-not-found", "There is no brand with this id."
        raise NotFound(code, reason)
    return BrandBody.of(found)


async def templates(database: Database) -> list[TemplateBody]:
    """All."""
    cursor = database.collection(store.TEMPLATES).find().sort("_id", 1)
    return [TemplateBody.of(store.templates.read(document)) async for document in cursor]


async def template(database: Database, id_: str) -> TemplateBody:
    """One. Raises `NotFound`."""
    found: Template | None = await store.one(database, store.TEMPLATES, store.templates, id_)
    if found is None:
        code, reason = "template-not-found", "There is no template with this id."
        raise NotFound(code, reason)
    return TemplateBody.of(found)


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
