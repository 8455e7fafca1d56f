"""The public page on which one says no, or chooses less."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from chassis import clock
from chassis.http import DatabaseDep
from chassis.mongo import Database, is_passing
from chassis.tokens import Links
from services.outbox import commands, views
from services.outbox.adapters import pages
from services.outbox.adapters.pages import Way
from services.outbox.domain.deliverability import Evidence
from services.outbox.domain.wishes import What, Wish, months_later
from services.outbox.routes import suppression
from services.outbox.views import WayOut

RESTS = {"rest-3": 3, "rest-6": 6}
CHOICES = {"all": What.NONE, "brand": What.NO_BRAND, "campaign": What.NO_CAMPAIGN, "again": What.AGAIN}


def _languages(accept_language: Annotated[str, Header()] = "") -> tuple[str, ...]:
    return tuple(part.partition(";")[0].strip() for part in accept_language[:200].split(","))


Languages = Annotated[tuple[str, ...], Depends(_languages)]


def add(router: APIRouter, links: Links, secret: str) -> None:
    """The page that a mail's link leads to."""

    @router.get("/u/{token}", include_in_schema=False)
    async def show(token: str, db: DatabaseDep, languages: Languages) -> HTMLResponse:
        """One button, and choices; changes nothing."""
        return await _shown(db, token, links.read("unsubscribe", token), languages)

    @router.post("/u/{token}", include_in_schema=False)
    async def choose(token: str, request: Request, db: DatabaseDep, languages: Languages) -> Response:
        """Do what was chosen: by the page's buttons, or by the mail program's, which chooses nothing (RFC 8058)."""
        form = await request.form(max_files=0, max_fields=20)
        choice = "again" if form.get("undo") else str(form.get("choice") or "")
        one_click = form.get("List-Unsubscribe") == "One-Click"
        dispatch_id = links.read("unsubscribe", token)
        try:
            answer = await _chosen(db, token, dispatch_id, "" if one_click else choice, secret, languages)
        except Exception as error:
            if one_click or not is_passing(error):
                raise
            return Way(token=token, languages=languages).try_again(choice)
        return PlainTextResponse("Unsubscribed.") if one_click and answer.status_code == 200 else answer  # noqa: PLR2004


async def _shown(db: Database, token: str, dispatch_id: str | None, languages: tuple[str, ...]) -> HTMLResponse:
    try:
        found = await views.way_out(db, dispatch_id) if dispatch_id else None
    except Exception as error:
        if not is_passing(error):
            raise
        return Way(token=token, languages=languages).try_again("")
    if found is None:
        return pages.not_known(languages)
    return _way(token, found, languages).ask(found.gate, clock.now())


async def _chosen(
    db: Database, token: str, dispatch_id: str | None, choice: str, secret: str, languages: tuple[str, ...]
) -> HTMLResponse:
    found = await views.way_out(db, dispatch_id) if dispatch_id else None
    if found is None:
        return pages.not_known(languages)
    now = clock.now()
    evidence = Evidence(
        at=now, cause="recipient", campaign_id=found.dispatch.campaign_id, dispatch_id=found.dispatch.id
    )
    wish = _wish(found, choice, evidence, now)
    await suppression.grant(db, found.dispatch.customer_id, wish, secret)
    return _way(token, found, languages).granted(wish.what, wish.until)


def _wish(found: WayOut, choice: str, evidence: Evidence, now: datetime) -> Wish:
    """What was chosen; anything that is no choice of ours means what the one click means."""
    if choice in RESTS:
        return Wish(what=What.REST, evidence=evidence, until=months_later(now, RESTS[choice]))
    if choice == "campaign":
        return Wish(what=What.NO_CAMPAIGN, evidence=evidence, campaign_id=found.dispatch.campaign_id)
    if choice == "brand" and found.brand is not None:
        return Wish(what=What.NO_BRAND, evidence=evidence, brand_id=found.brand.id)
    if choice in {"all", "again"}:
        return Wish(what=CHOICES[choice], evidence=evidence)
    return commands.way_out(found.brand, evidence)


def _way(token: str, found: WayOut, languages: tuple[str, ...]) -> Way:
    default = found.brand.default_language if found.brand else None
    return Way(
        token=token,
        brand=found.brand,
        languages=(found.dispatch.language, *languages, default),
        address=found.address,
        campaign_id=found.dispatch.campaign_id,
    )
