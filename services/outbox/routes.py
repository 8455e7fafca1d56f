"""Outbox over HTTP: for the console and systems, and the public page on which one says no."""

import asyncio
from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from chassis import clock
from chassis.auth import Principal, requires
from chassis.errors import NotFound
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Database
from chassis.tokens import Links
from services.outbox import commands, views
from services.outbox.adapters import pages, render
from services.outbox.domain.deliverability import Evidence
from services.outbox.schemas import (
    BrandBody,
    BrandPut,
    DeliverabilityBody,
    DispatchBody,
    DispatchPage,
    Reason,
    TemplateBody,
    TemplatePut,
)

Suppressor = Annotated[Principal, requires("deliverability:write")]
Text = Annotated[str | None, Query(max_length=200)]


def make_router(links: Links, secret: str) -> APIRouter:
    """The routes; `links` reads signed links, `secret` keys what is kept of addresses."""
    router = APIRouter()
    _add_records(router)
    _add_suppression(router, secret)
    _add_content(router)
    _add_public(router, links, secret)
    return router


def _add_records(router: APIRouter) -> None:
    reader = requires("dispatches:read")

    @router.get("/v1/dispatches", tags=["dispatches"], dependencies=[reader], responses=problems(401, 403, 422))
    async def list_dispatches(
        db: DatabaseDep,
        customer_id: Text = None,
        campaign_id: Text = None,
        state: Text = None,
        after: Text = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> DispatchPage:
        """Survey records, of a customer, a campaign or in a state."""
        asked = {"customer_id": customer_id, "campaign_id": campaign_id, "state": state}
        query = {name: {"$eq": value} for name, value in asked.items() if value is not None}
        return await views.dispatches(db, query, after=after, limit=limit)

    @router.get("/v1/dispatches/{id}", tags=["dispatches"], dependencies=[reader], responses=problems(401, 403, 404))
    async def get_dispatch(id: str, db: DatabaseDep) -> DispatchBody:
        """One survey record."""
        return await views.dispatch(db, id)


def _add_suppression(router: APIRouter, secret: str) -> None:
    path, refusals = "/v1/customers/{id}", problems(401, 403, 422, 503)
    tags: list[str | Enum] = ["deliverability"]

    @router.get(f"{path}/deliverability", tags=tags, dependencies=[requires("deliverability:read")], responses=refusals)
    async def get_deliverability(id: str, db: DatabaseDep, now: Now) -> DeliverabilityBody:
        """Whether a customer may be surveyed, with the evidence."""
        return await views.deliverability(db, id, now)

    @router.post(f"{path}/unsubscribe", tags=tags, responses=refusals)
    async def unsubscribe(id: str, body: Reason, db: DatabaseDep, who: Suppressor, now: Now) -> DeliverabilityBody:
        """Never survey a customer again. 200 means that nothing will be sent."""
        evidence = Evidence(at=now, cause="user", actor=who.id, note=body.note)
        await _say_no(db, id, evidence, secret)
        return await views.deliverability(db, id, now)

    @router.post(f"{path}/resubscribe", tags=tags, responses=refusals)
    async def resubscribe(id: str, body: Reason, db: DatabaseDep, who: Suppressor, now: Now) -> DeliverabilityBody:
        """Take a customer's no back."""
        del body, who
        await db.transact(lambda tx: commands.resubscribe(tx, id, secret, now))
        return await views.deliverability(db, id, now)


def _add_content(router: APIRouter) -> None:
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
        for language, text in template.languages.items():
            render.check(text, f"languages.{language}")
        return await once.run(lambda tx: _template(commands.put_template(tx, template)))


def _add_public(router: APIRouter, links: Links, secret: str) -> None:
    @router.get("/u/{token}", include_in_schema=False)
    async def show_unsubscribe(token: str) -> HTMLResponse:
        """One button; changes nothing."""
        known = links.read("unsubscribe", token) is not None
        return pages.ask(token) if known else pages.not_known()

    @router.post("/u/{token}", include_in_schema=False)
    async def say_no(token: str, request: Request, db: DatabaseDep) -> Response:
        """Unsubscribe, by the page's button or by the mail program's (RFC 8058)."""
        form = await request.form()
        try:
            dispatch = await db.transact(lambda tx: commands.dispatch_of_token(tx, links.read("unsubscribe", token)))
        except NotFound:
            return pages.not_known()
        if form.get("undo"):
            await db.transact(lambda tx: commands.resubscribe(tx, dispatch.customer_id, secret, clock.now()))
            return pages.undone(token)
        evidence = Evidence(
            at=clock.now(), cause="recipient", campaign_id=dispatch.campaign_id, dispatch_id=dispatch.id
        )
        await _say_no(db, dispatch.customer_id, evidence, secret)
        one_click = form.get("List-Unsubscribe") == "One-Click"
        return PlainTextResponse("Unsubscribed.") if one_click else pages.done(token)


async def _say_no(db: Database, customer_id: str, evidence: Evidence, secret: str) -> None:
    """Store the no, then wait for a mail that was let out before it: after this nothing arrives."""
    gates = await db.transact(lambda tx: commands.unsubscribe(tx, customer_id, evidence, secret, clock.now()))
    while await views.on_the_way(db, gates):  # noqa: ASYNC110 - another process ends it
        await asyncio.sleep(0.02)


async def _brand(saving: Any) -> BrandBody:
    return BrandBody.of(await saving)


async def _template(saving: Any) -> TemplateBody:
    return TemplateBody.of(await saving)
