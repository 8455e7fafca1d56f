"""What can be seen of brands and templates."""

from chassis.errors import NotFound
from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.mail import Brand
from services.outbox.domain.template import Template
from services.outbox.schemas import BrandBody, TemplateBody


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
