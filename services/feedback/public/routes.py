"""The survey page: a GET changes nothing, a POST stores the answer; both work without JavaScript."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.datastructures import FormData

from chassis.errors import NotFound
from chassis.http import DatabaseDep
from chassis.mongo import Database
from chassis.tokens import Links
from services.feedback.public import drawing
from services.feedback.public.taker import Place, Taker, text_of
from services.feedback.public.words import wishes_in
from services.feedback.settings import Settings

MAX_FIELDS = 300
FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}
FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*"}
"""A survey in an app is answered from the app's own page, which may read whether the answer was stored. The address alone
lets somebody answer, and no cookie is sent."""


async def _wishes(accept_language: Annotated[str, Header()] = "") -> tuple[str, ...]:
    return wishes_in(accept_language)


Wishes = Annotated[tuple[str, ...], Depends(_wishes)]
Text = Annotated[str | None, Query(max_length=40)]


def make_router(database: Database, links: Links, settings: Settings) -> APIRouter:
    """The public routes."""
    router = APIRouter(include_in_schema=False)
    taker = Taker(database, links, settings)
    _add_files(router)
    _add_surveys(router, taker)
    _add_links(router, taker)
    return router


def _add_files(router: APIRouter) -> None:
    @router.get("/s/static/{name}")
    async def static(name: str) -> FileResponse:
        """Style and script of the page."""
        if name not in {"survey.css", "survey.js"}:
            raise NotFound("not-found", "There is no such file.")
        return FileResponse(drawing.HERE / "static" / name, headers=FOR_AN_HOUR)

    @router.get("/s/accent/{color}.css")
    async def accent(color: str) -> Response:
        """The style of a brand's colour."""
        try:
            return Response(drawing.accent_css(f"#{color}"), media_type="text/css", headers=FOR_AN_HOUR)
        except ValueError:
            raise NotFound("not-found", "There is no such colour.") from None


def _add_surveys(router: APIRouter, taker: Taker) -> None:
    @router.get("/s/{token}")
    async def show(
        token: str, db: DatabaseDep, wishes: Wishes, score: Text = None, language: Text = None
    ) -> HTMLResponse:
        """The form, with the score of the link chosen; stores nothing."""
        return await taker.show(db, Place(f"/s/{token}", token, language=language), score, wishes)

    @router.post("/s/{token}")
    async def take(token: str, request: Request, db: DatabaseDep, wishes: Wishes) -> HTMLResponse:
        """Store the answer."""
        form = await _form(request)
        place = Place(f"/s/{token}", token, language=text_of(form, "language"))
        answer = await taker.take(db, place, form, wishes)
        answer.headers.update(FROM_ANYWHERE)
        return answer


def _add_links(router: APIRouter, taker: Taker) -> None:
    @router.get("/l/{token}")
    async def show_link(
        token: str, db: DatabaseDep, wishes: Wishes, score: Text = None, sheet: Text = None
    ) -> HTMLResponse:
        """The form of a public link; stores nothing."""
        return await taker.show(db, taker.link(token, sheet), score, wishes)

    @router.post("/l/{token}")
    async def take_link(token: str, request: Request, db: DatabaseDep, wishes: Wishes) -> HTMLResponse:
        """Store an answer through a public link."""
        form = await _form(request)
        return await taker.take(db, taker.link(token, text_of(form, "sheet")), form, wishes)


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=MAX_FIELDS)
