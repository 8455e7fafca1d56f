"""Shows surveys and takes answers, step by step: the rating, then what is asked further."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from chassis import clock, telemetry
from chassis.errors import Conflict, Invalid, Refusal
from chassis.ids import new_id
from chassis.mongo import Database, is_passing
from chassis.tokens import Links
from commons.groups import Group
from services.feedback import commands, views
from services.feedback.commands import Posted
from services.feedback.domain.further import Further, Said, next_page, read_answer, still_asked
from services.feedback.domain.response import Answer, Given, Response, answered, is_open, read_comment, read_score
from services.feedback.domain.scoring import score_class
from services.feedback.public import pages
from services.feedback.public.drawing import Pairs
from services.feedback.public.pages import Survey
from services.feedback.settings import Settings

_SHEET = re.compile(r"[0-9a-f]{32}")
TEST_MAIL = "preview"
SEEN, FIELD = "seen", "q."
NOT_KEPT = {"provisional", "website"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a survey is answered: the page of one dispatch or preview, or (with a `sheet`) a public link."""

    path: str
    token: str
    sheet: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What came in with a page of further questions: what was asked before it, and what is asked there."""

    seen: tuple[str, ...]
    page: Sequence[Further]


class Taker:
    """Shows surveys and takes answers."""

    def __init__(self, database: Database, links: Links, settings: Settings) -> None:
        self._links = links
        self._questions: Group[str, views.Asked | None] = Group(
            lambda ids: views.asked(database, ids), alone=_is_its_own
        )
        self._answers: Group[Posted, Response | Refusal] = Group(
            lambda posts: _store(database, settings.editable_days, posts), alone=_is_its_own
        )
        self._unsubscribe_url = settings.unsubscribe_url.rstrip("/")
        self._answerable = timedelta(days=settings.answerable_days)
        self._editable = timedelta(days=settings.editable_days)
        self._suspect_within = timedelta(seconds=settings.suspect_within_seconds)

    def link(self, token: str, sheet: str | None) -> Place:
        """A public link; who comes without a sheet of their own gets one."""
        known = sheet if sheet is not None and _SHEET.fullmatch(sheet) else new_id()
        return Place(f"/l/{token}", token, known)

    async def show(self, database: Database, place: Place, score: str | None, wishes: Sequence[str]) -> HTMLResponse:
        """The form as it stands: with the link's score, else with the answer given before."""
        try:
            survey = await self._find(database, place, wishes)
            if isinstance(survey, HTMLResponse):
                return survey
            before, removed = (None, False) if survey.preview else await _before(database, survey)
        except Exception as error:
            if not is_passing(error):
                raise
            return pages.not_yet(wishes)
        if removed:
            return survey.closed()
        chosen = _score(survey, score)
        if before is None:
            return survey.form(score=chosen)
        if not is_open(before, clock.now(), self._editable):
            return survey.closed() if before.erased else survey.final()
        chosen = before.score if chosen is None else chosen
        return survey.form(score=chosen, comment=before.comment or "", answered=not before.provisional)

    async def take(self, database: Database, place: Place, form: FormData, wishes: Sequence[str]) -> HTMLResponse:
        """The answer stored, or the form again with what was wrong beside it; never lost where it could not be."""
        try:
            survey = await self._find(database, place, wishes)
            if isinstance(survey, HTMLResponse):
                return survey
            if survey.preview:
                return self._tried(survey, form)
            taken = self._taken_further if SEEN in form else self._taken
            return await taken(database, survey, form)
        except Exception as error:
            if not is_passing(error):
                raise
            return pages.keep(place.path, _kept(form), wishes)

    async def _find(self, database: Database, place: Place, wishes: Sequence[str]) -> Survey | HTMLResponse:
        """The survey that is answered there, or the page that says why there is none."""
        if place.sheet is not None:
            return await self._by_link(database, place, place.sheet, wishes)
        if place.token == TEST_MAIL:
            return pages.test_mail(wishes)
        if (campaign_id := self._links.read("preview", place.token)) is not None:
            return await self._preview(database, place, campaign_id, wishes)
        dispatch_id = self._links.read("survey", place.token)
        if dispatch_id is None:
            return pages.unknown(wishes)
        found = await self._questions.add(dispatch_id)
        if found is None:
            return pages.not_yet(wishes)
        question, campaign, brand = found
        if question.channel == "email":
            question = replace(question, suspect_until=question.asked_at + self._suspect_within)
        here = (brand.get("public_url") or self._unsubscribe_url).rstrip("/")
        way_out = f"{here}/u/{self._links.make('unsubscribe', dispatch_id)}"
        survey = Survey(place.path, question, campaign, brand, views.further_of(campaign), way_out)
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
        further = views.further_of(campaign)
        survey = Survey(place.path, question, campaign, brand, further, sheet=None if customer_id else sheet)
        return survey if campaign["state"] == "active" else survey.closed()

    async def _preview(
        self, database: Database, place: Place, campaign_id: str, wishes: Sequence[str]
    ) -> Survey | HTMLResponse:
        wish = place.language or next(iter(wishes), None)
        found = await views.asked_by_link(database, campaign_id, None, TEST_MAIL, wish, clock.now())
        if found is None:
            return pages.not_yet(wishes)
        question, campaign, brand = found
        return Survey(place.path, question, campaign, brand, views.further_of(campaign), preview=True)

    async def _taken(self, database: Database, survey: Survey, form: FormData) -> HTMLResponse:
        score, comment = text_of(form, "score"), text_of(form, "comment")
        try:
            given = _given(survey, form)
            with telemetry.span("answer", parent=survey.question.trace):
                post = Posted(survey.question, given, telemetry.traceparent(), survey.further)
                response = await self._answers.add(post)
        except Invalid as fault:
            return survey.refused(fault, score=_score(survey, score), comment=comment or "")
        except Exception as error:
            if not is_passing(error):
                raise
            return survey.form(score=_score(survey, score), comment=comment or "", busy=True, status=503)
        return self._next(survey, response, ()) if isinstance(response, Response) else survey.closed()

    async def _taken_further(self, database: Database, survey: Survey, form: FormData) -> HTMLResponse:
        before = await views.answer_to(database, survey.question.response_id)
        if before is None or before.provisional:
            return survey.form(score=before.score if before else None)
        step = _step(survey, before, form)
        answers, faults = _read(survey, step.page, form)
        if faults:
            hidden = [(SEEN, ",".join(step.seen))]
            return survey.ask_further(step.page, {**before.answers, **answers}, hidden, faults=faults, status=422)
        said = Said(page=step.page, answers=answers, questions=survey.further, languages=survey.languages)
        try:
            response = await database.transact(
                lambda tx: commands.answer_further(tx, survey.question, said, now=clock.now(), editable=self._editable)
            )
        except Conflict:
            return survey.closed()
        return self._next(survey, response, (*step.seen, *(one.id for one in step.page)))

    def _next(self, survey: Survey, response: Response, seen: Sequence[str], carried: Pairs = ()) -> HTMLResponse:
        """The next page of questions, or thanks where there is none."""
        class_ = score_class(response.metric, response.score)
        page = next_page(survey.further, class_, response.answers, seen)
        if not page:
            return survey.thanks(response)
        return survey.ask_further(page, response.answers, [*carried, (SEEN, ",".join(seen))])

    def _tried(self, survey: Survey, form: FormData) -> HTMLResponse:
        """As an answer would go on, with nothing stored: what was said so far goes along in the page."""
        score, comment = text_of(form, "score"), text_of(form, "comment")
        try:
            given = replace(_given(survey, form), provisional=False)
        except Invalid as fault:
            return survey.refused(fault, score=_score(survey, score), comment=comment or "")
        tried = answered(None, survey.question, given, {}, clock.now(), self._editable)
        earlier, _ = _read(survey, survey.further, form)
        tried = replace(tried, answers=still_asked(survey.further, score_class(tried.metric, tried.score), earlier))
        if SEEN not in form:
            return self._next(survey, tried, (), _carried(form, ()))
        step = _step(survey, tried, form)
        answers, faults = _read(survey, step.page, form)
        if faults:
            hidden = [*_carried(form, step.page), (SEEN, ",".join(step.seen))]
            return survey.ask_further(step.page, answers, hidden, faults=faults, status=422)
        return self._next(survey, tried, (*step.seen, *(one.id for one in step.page)), _carried(form, ()))


async def _before(database: Database, survey: Survey) -> tuple[Response | None, bool]:
    """What was answered, and whether that was taken out for good."""
    before = await views.answer_to(database, survey.question.response_id)
    return before, before is None and await views.was_removed(database, survey.question.response_id)


def _is_its_own(error: Exception) -> bool:
    """Whether it may be the fault of one of many."""
    return not is_passing(error)


async def _store(database: Database, editable_days: int, posts: Sequence[Posted]) -> list[Response | Refusal]:
    editable = timedelta(days=editable_days)
    return await database.transact(lambda tx: commands.answer_all(tx, posts, now=clock.now(), editable=editable))


def text_of(form: FormData, name: str) -> str | None:
    """A field's text."""
    value = form.get(name)
    return value if isinstance(value, str) else None


def _step(survey: Survey, before: Response, form: FormData) -> Step:
    known = {one.id for one in survey.further}
    seen = tuple(one for one in (text_of(form, SEEN) or "").split(",") if one in known)
    class_ = score_class(before.metric, before.score)
    return Step(seen, next_page(survey.further, class_, before.answers, seen))


def _read(survey: Survey, page: Sequence[Further], form: FormData) -> tuple[dict[str, Answer], Mapping[str, str]]:
    """The answers of a page, and what is wrong with others, in the reader's language."""
    answers: dict[str, Answer] = {}
    faults: dict[str, str] = {}
    for question in page:
        given = [one for one in form.getlist(f"{FIELD}{question.id}") if isinstance(one, str)]
        try:
            answer = read_answer(question, given)
        except Invalid as fault:
            faults[question.id] = survey.reason(fault)
        else:
            if answer is not None:
                answers[question.id] = answer
    return answers, faults


def _given(survey: Survey, form: FormData) -> Given:
    return Given(
        score=read_score(survey.question.metric, text_of(form, "score")),
        comment=read_comment(text_of(form, "comment")),
        provisional=text_of(form, "provisional") == "1",
        trapped=bool(text_of(form, "website")),
    )


def _score(survey: Survey, text: str | None) -> int | None:
    try:
        return read_score(survey.question.metric, text)
    except Invalid:
        return None


def _kept(form: FormData) -> Pairs:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in NOT_KEPT]


def _carried(form: FormData, page: Sequence[Further]) -> Pairs:
    """What of a preview goes along, but for what is asked on this very page."""
    asked = {SEEN, *(f"{FIELD}{one.id}" for one in page)}
    return [(name, value) for name, value in _kept(form) if name not in asked]
