"""The public page on which one says no."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from chassis import clock
from chassis.errors import NotFound
from chassis.http import DatabaseDep
from chassis.tokens import Links
from services.outbox import commands
from services.outbox.adapters import pages
from services.outbox.domain.deliverability import Evidence
from services.outbox.routes import suppression


def add(router: APIRouter, links: Links, secret: str) -> None:
    """The page that a mail's link leads to."""

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
        await suppression.say_no(db, dispatch.customer_id, evidence, secret)
        one_click = form.get("List-Unsubscribe") == "One-Click"
        return PlainTextResponse("Unsubscribed.") if one_click else pages.done(token)
