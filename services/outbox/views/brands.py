"""What can be seen of brands."""

from chassis.errors import NotFound
from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.mail import Brand
from services.outbox.schemas import BrandBody


async def brands(database: Database) -> list[BrandBody]:
    """All."""
    cursor = database.collection(store.BRANDS).find().sort("_id", 1)
    return [BrandBody.of(store.brands.read(document)) async for document in cursor]


async def brand(database: Database, id_: str) -> BrandBody:
    """One. Raises `NotFound`."""
    return BrandBody.of(await find_brand(database, id_))


async def find_brand(database: Database, id_: str) -> Brand:
    """One. Raises `NotFound`."""
    found = await store.one(database, store.BRANDS, store.brands, id_)
    if found is None:
        code, reason = "brand-not-found", "There is no brand with this id."
        raise NotFound(code, reason)
    return found
