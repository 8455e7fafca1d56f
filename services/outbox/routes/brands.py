"""Brands over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from services.outbox import commands, views
from services.outbox.adapters.dns import Lookup
from services.outbox.schemas import BrandBody, BrandCheckBody, BrandPut
from services.outbox.settings import Settings


def add(router: APIRouter, settings: Settings, lookup: Lookup) -> None:
    """Brands, and checks of their domains."""
    refusals = problems(401, 403, 404, 412, 422)
    reader, writer = requires("brands:read"), requires("brands:write")
    asks = Annotated[Lookup, Depends(lambda: lookup)]

    @router.get("/v1/brands", tags=["brands"], dependencies=[reader], responses=refusals)
    async def list_brands(db: DatabaseDep) -> dict[str, list[BrandBody]]:
        """All brands."""
        return {"items": await views.brands(db)}

    @router.get("/v1/brands/{id}", tags=["brands"], dependencies=[reader], responses=refusals)
    async def get_brand(id: str, db: DatabaseDep, response: Response) -> BrandBody:
        """One brand."""
        found = await views.brand(db, id)
        etag(response, found.version)
        return found

    @router.put("/v1/brands/{id}", tags=["brands"], dependencies=[writer], responses=refusals)
    async def put_brand(id: str, body: BrandPut, once: OnceDep, now: Now, version: IfMatch) -> Any:
        """Make or change a brand; the same again changes nothing."""
        return await once.run(lambda tx: _brand(commands.put_brand(tx, body.brand(id), now, version)))

    @router.post("/v1/brands/{id}/check", tags=["brands"], dependencies=[reader], responses=refusals)
    async def check_brand(id: str, db: DatabaseDep, now: Now, asked: asks) -> BrandCheckBody:
        """Look in the DNS whether mails of this brand will be taken for real."""
        return await views.check_brand(asked, await views.find_brand(db, id), settings, now)


async def _brand(saving: Any) -> BrandBody:
    return BrandBody.of(await saving)
