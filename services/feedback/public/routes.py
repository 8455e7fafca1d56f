"""The survey page: a GET changes nothing, a POST stores the answer; both work without JavaScript."""

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.routing import Route

from chassis.errors import NotFound
from chassis.http import DatabaseDep
from chassis.mongo import Database
from chassis.tokens import Links
from services.feedback.public import drawing
from services.feedback.public.taker import Place, Taker, text_of
from services.feedback.public.words import wishes_in
from services.feedback.settings import Settings

MAX_FIELDS = 300
URLENCODED = "application/x-www-form-urlencoded"
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
    _add_pages(router, taker)
    _add_answers(router, database, taker)
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


def _add_pages(router: APIRouter, taker: Taker) -> None:
    @router.get("/s/{token}")
    async def show(
        token: str, db: DatabaseDep, wishes: Wishes, score: Text = None, language: Text = None
    ) -> HTMLResponse:
        """The form, with the score of the link chosen; stores nothing."""
        return await taker.show(db, Place(f"/s/{token}", token, language=language), score, wishes)

    @router.get("/l/{token}")
    async def show_link(
        token: str, db: DatabaseDep, wishes: Wishes, score: Text = None, sheet: Text = None
    ) -> HTMLResponse:
        """The form of a public link; stores nothing."""
        return await taker.show(db, taker.link(token, sheet), score, wishes)


def _add_answers(router: APIRouter, database: Database, taker: Taker) -> None:
    """Where answers come in, by hundreds at once: FastAPI would take longer to read a form than all of the rest takes."""

    def survey(token: str, form: FormData) -> Place:
        return Place(f"/s/{token}", token, language=text_of(form, "language"))

    def link(token: str, form: FormData) -> Place:
        return taker.link(token, text_of(form, "sheet"))

    def add(path: str, place: Callable[[str, FormData], Place], headers: Mapping[str, str]) -> None:
        async def take(request: Request) -> HTMLResponse:
            """Store an answer."""
            # By the route a request is counted and traced.
            request.scope["route"] = route
            form = await form_of(request)
            wishes = wishes_in(request.headers.get("accept-language", ""))
            answer = await taker.take(database, place(request.path_params["token"], form), form, wishes)
            answer.headers.update(headers)
            return answer

        route = Route(path, take, methods=["POST"], include_in_schema=False)
        router.routes.append(route)

    add("/s/{token}", survey, FROM_ANYWHERE)
    add("/l/{token}", link, {})


async def form_of(request: Request) -> FormData:
    """What a form says. Raises `HTTPException` where it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != URLENCODED:
        return await request.form(max_files=0, max_fields=MAX_FIELDS)
    text = (await request.body()).decode("latin-1")
    try:
        return FormData([*parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)])
    except ValueError:
        raise HTTPException(400, "Too many fields.") from None
