"""Brands and templates over HTTP."""

from typing import Any

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from services.outbox import commands, views
from services.outbox.adapters.templates import checking
from services.outbox.schemas import BrandBody, BrandPut, TemplateBody, TemplatePut


def add(router: APIRouter) -> None:
    """Brands and templates."""
    refusals = problems(401, 403, 404, 422)
    brand_writer, template_writer = requires("brands:write"), requires("templates:write")

    @router.get("/v1/brands", tags=["brands"], dependencies=[requires("brands:read")], responses=refusals)
    async def list_brands(db: DatabaseDep) -> dict[str, list[BrandBody]]:
        """All brands."""
        return {"items": await views.brands(db)}

    @router.get("/v1/brands/{id}", tags=["brands"], dependencies=[requires("brands:read")], responses=refusals)
    async def get_brand(id: str, db: DatabaseDep) -> BrandBody:
        """One brand."""
        return await views.brand(db, id)

    @router.put("/v1/brands/{id}", tags=["brands"], dependencies=[brand_writer], responses=refusals)
    async def put_brand(id: str, body: BrandPut, once: OnceDep, now: Now) -> Any:
        """Make or change a brand; the same again changes nothing."""
        return await once.run(lambda tx: _brand(commands.put_brand(tx, body.brand(id), now)))

    @router.get("/v1/templates", tags=["templates"], dependencies=[requires("templates:read")], responses=refusals)
    async def list_templates(db: DatabaseDep) -> dict[str, list[TemplateBody]]:
        """All templates."""
        return {"items": await views.templates(db)}

    @router.get("/v1/templates/{id}", tags=["templates"], dependencies=[requires("templates:read")], responses=refusals)
    async def get_template(id: str, db: DatabaseDep) -> TemplateBody:
        """One template."""
        return await views.template(db, id)

    @router.put("/v1/templates/{id}", tags=["templates"], dependencies=[template_writer], responses=refusals)
    async def put_template(id: str, body: TemplatePut, once: OnceDep) -> Any:
        """Make or change a template; refused with the part at fault."""
        template = body.template(id)
        checking.refuse_faults(checking.findings(template))
        return await once.run(lambda tx: _template(commands.put_template(tx, template)))


async def _brand(saving: Any) -> BrandBody:
    return BrandBody.of(await saving)


async def _template(saving: Any) -> TemplateBody:
    return TemplateBody.of(await saving)
