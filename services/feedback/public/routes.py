"""The survey page: a GET changes nothing, a POST stores the answer; both work without JavaScript."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.datastructures import FormData

from chassis import clock, telemetry
from chassis.errors import Invalid, NotFound, Refusal
from chassis.http import DatabaseDep
from chassis.ids import new_id
from chassis.mongo import Database, is_passing
from chassis.tokens import Links
from services.feedback import commands, views
from services.feedback.commands import Posted
from services.feedback.domain.response import Given, Response, read_comment, read_score
from services.feedback.public import pages
from services.feedback.public.groups import Group
from services.feedback.public.pages import Survey
from services.feedback.public.words import wishes_in
from services.feedback.settings import Settings

_SHEET = re.compile(r"[0-9a-f]{32}")


def _wishes(accept_language: Annotated[str, Header()] = "") -> tuple[str, ...]:
    return wishes_in(accept_language)


Wishes = Annotated[tuple[str, ...], Depends(_wishes)]
Text = Annotated[str | None, Query(max_length=40)]


def make_router(database: Database, links: Links, settings: Settings) -> APIRouter:
    """The public routes."""
    router = APIRouter(include_in_schema=False)
    taker = Taker(database, links, settings)
    _add_surveys(router, taker)
    _add_links(router, taker)
    return router


def _add_surveys(router: APIRouter, taker: "Taker") -> None:
    @router.get("/s/static/{name}")
    async def static(name: str) -> FileResponse:
        """Style and script of the page."""
        if name not in {"survey.css", "survey.js"}:
            code, reason = "not-found", "There is no such file."
            raise NotFound(code, reason)
        return FileResponse(pages.HERE / "static" / name, headers={"Cache-Control": "public, max-age=3600"})

    @router.get("/s/{token}")
    async def show(token: str, db: DatabaseDep, wishes: Wishes, score: Text = None) -> HTMLResponse:
        """The form, with the score of the link chosen; stores nothing."""
        return await taker.show(db, Place(f"/s/{token}", token), score, wishes)

    @router.post("/s/{token}")
    async def take(token: str, request: Request, db: DatabaseDep, wishes: Wishes) -> HTMLResponse:
        """Store the answer."""
        return await taker.take(db, Place(f"/s/{token}", token), await _form(request), wishes)


def _add_links(router: APIRouter, taker: "Taker") -> None:
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
        return await taker.take(db, taker.link(token, _text(form, "sheet")), form, wishes)


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=20)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a survey is answered: the page of one dispatch, or (with a `sheet`) a public link."""

    path: str
    token: str
    sheet: str | None = None


class Taker:
    """Shows surveys and takes answers."""

    def __init__(self, database: Database, links: Links, settings: Settings) -> None:
        self._links = links
        self._questions: Group[str, views.Asked | None] = Group(lambda ids: views.asked(database, ids))
        self._answers: Group[Posted, Response | Refusal] = Group(
            lambda posts: _store(database, settings.editable_days, posts)
        )
        self._unsubscribe_url = settings.unsubscribe_url.rstrip("/")
        self._answerable = timedelta(days=settings.answerable_days)

    def link(self, token: str, sheet: str | None) -> Place:
        """A public link; who comes without a sheet of their own gets one."""
        known = sheet if sheet is not None and _SHEET.fullmatch(sheet) else new_id()
        return Place(f"/l/{token}", token, known)

    async def _find(self, database: Database, place: Place, wishes: Sequence[str]) -> Survey | HTMLResponse:
        """The survey that is answered there, or the page that says why there is none."""
        if place.sheet is not None:
            return await self._by_link(database, place, place.sheet, wishes)
        dispatch_id = self._links.read("survey", place.token)
        if dispatch_id is None:
            return pages.unknown(wishes)
        found = await self._questions.add(dispatch_id)
        if found is None:
            return pages.not_yet(wishes)
        question, campaign, brand = found
        here = (brand.get("public_url") or self._unsubscribe_url).rstrip("/")
        way_out = f"{here}/u/{self._links.make('unsubscribe', dispatch_id)}"
        survey = Survey(place.path, question, campaign, brand, way_out)
        over = clock.now() - survey.question.asked_at > self._answerable
        return survey.closed() if over else survey

    async def _by_link(
        self, database: Database, place: Place, sheet: str, wishes: Sequence[str]
    ) -> Survey | HTMLResponse:
        customer_id, _, campaign_id = (self._links.read("link", place.token) or "").partition("|")
        if not campaign_id:
            return pages.unknown(wishes)
        wish = next(iter(wishes), None)
        found = await views.asked_by_link(database, campaign_id, customer_id or None, sheet, wish, clock.now())
        if found is None:
            return pages.not_yet(wishes)
        question, campaign, brand = found
        survey = Survey(place.path, question, campaign, brand, sheet=None if customer_id else sheet)
        return survey if campaign["state"] == "active" else survey.closed()

    async def show(self, database: Database, place: Place, score: str | None, wishes: Sequence[str]) -> HTMLResponse:
        """The form as it stands: with the link's score, else with the answer given before."""
        try:
            survey = await self._find(database, place, wishes)
            if isinstance(survey, HTMLResponse):
                return survey
            before = await views.answer_to(database, survey.question.response_id)
            over = before.erased if before else await views.was_removed(database, survey.question.response_id)
        except Exception as error:
            if not is_passing(error):
                raise
            return pages.not_yet(wishes)
        if over:
            return survey.closed()
        chosen = _score(survey, score)
        if chosen is None and before is not None:
            chosen = before.score
        return survey.form(score=chosen, comment=(before.comment or "") if before else "")

    async def take(self, database: Database, place: Place, form: FormData, wishes: Sequence[str]) -> HTMLResponse:
        """The answer stored, or the form again with what was wrong beside it; never lost where it could not be."""
        try:
            survey = await self._find(database, place, wishes)
            return survey if isinstance(survey, HTMLResponse) else await self._taken(database, survey, form)
        except Exception as error:
            if not is_passing(error):
                raise
            return pages.keep(place.path, _texts(form), wishes)

    async def _taken(self, database: Database, survey: Survey, form: FormData) -> HTMLResponse:
        score, comment = _text(form, "score"), _text(form, "comment")
        try:
            given = _given(survey, form, score, comment)
            with telemetry.span("answer", parent=survey.question.trace):
                response = await self._answers.add(Posted(survey.question, given, telemetry.traceparent()))
        except Invalid as fault:
            return survey.refused(fault, score=_score(survey, score), comment=comment or "")
        except Exception as error:
            if not is_passing(error):
                raise
            return survey.form(score=_score(survey, score), comment=comment or "", busy=True, status=503)
        return survey.thanks(response) if isinstance(response, Response) else survey.closed()


async def _store(database: Database, editable_days: int, posts: Sequence[Posted]) -> list[Response | Refusal]:
    editable = timedelta(days=editable_days)
    return await database.transact(lambda tx: commands.answer_all(tx, posts, now=clock.now(), editable=editable))


def _given(survey: Survey, form: FormData, score: str | None, comment: str | None) -> Given:
    return Given(
        score=read_score(survey.question.metric, score),
        comment=read_comment(comment),
        provisional=_text(form, "provisional") == "1",
        trapped=bool(_text(form, "website")),
    )


def _score(survey: Survey, text: str | None) -> int | None:
    try:
        return read_score(survey.question.metric, text)
    except Invalid:
        return None


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) else None


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str) and name != "provisional"}
