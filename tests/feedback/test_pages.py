"""The survey page, asked as browsers, scanners and impatient people do: fault cases F49 and F50."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from fastapi import Request
from pydantic import SecretStr
from starlette.datastructures import FormData
from structlog.testing import capture_logs

from chassis.clock import now
from chassis.mongo import Database
from chassis.tokens import Links
from services.feedback import commands, store, views
from services.feedback.public import drawing
from services.feedback.public.drawing import Step
from services.feedback.public.routes import MAX_FIELDS, form_of
from services.feedback.public.words import WORDS
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, dispatch, erased


class Page(HTMLParser):
    """What of a page a reader without eyes depends on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.labelled: set[str] = set()
        self._in_label = 0
        self.nameless: list[str] = []
        self.headings = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes.append((tag, given))
        self.ids |= {str(given["id"])} if "id" in given else set()
        self.labelled |= {str(given["for"])} if tag == "label" and "for" in given else set()
        self._in_label += tag == "label"
        self.headings += tag == "h1"
        if tag in {"input", "textarea"} and given.get("type") != "hidden" and not self._in_label:
            self.nameless.append(str(given.get("id")))

    def handle_endtag(self, tag: str) -> None:
        self._in_label -= tag == "label"

    def first(self, tag: str) -> dict[str, str | None]:
        return next(given for name, given in self.attributes if name == tag)

    @property
    def chosen(self) -> list[str | None]:
        return [given["value"] for tag, given in self.attributes if tag == "input" and "checked" in given]


async def test_a_get_changes_nothing_whatever_score_it_names(desk: Desk) -> None:
    for score in range(11):
        shown = await desk.get(f"{desk.path()}?score={score}")
        assert (shown.status_code, Page(shown.text).chosen) == (200, [str(score)])
    await desk.http.head(desk.path())

    assert await desk.answers() == []
    assert await desk.told() == []


async def test_a_post_stores_score_and_comment_and_thanks(desk: Desk) -> None:
    posted = await desk.post(score="9", comment=" Good people\r\nand fast ")

    assert (posted.status_code, posted.history) == (200, [])
    assert "A person reads this." in posted.text
    answer = await desk.answer()
    assert (answer.score, answer.comment, answer.provisional) == (9, "Good people\nand fast", False)
    assert (answer.customer_id, answer.campaign_name, answer.dispatch_id) == ("ada", "Relationship NPS", "d1")
    assert answer.attributes["properties"] == {"plan": "pro"}
    assert not {"email", "first_name", "_id", "seq"} & answer.attributes.keys()


async def test_posted_twice_it_is_one_answer_and_a_change_is_its_next_version(desk: Desk) -> None:
    await desk.post(score="9", comment="Good")
    await desk.post(score="9", comment="Good")
    first = await desk.answer()
    with time_machine.travel(now() + timedelta(minutes=1)):
        await desk.post(score="3", comment="Not so good")
        shown = await desk.get()

    answer = await desk.answer()
    assert (first.seq, answer.seq, answer.score, answer.comment) == (1, 2, 3, "Not so good")
    assert (answer.answered_at, answer.suspected_automatic) == (first.answered_at, False)
    assert [row["seq"] for row in await desk.told()] == [1, 2]
    assert Page(shown.text).chosen == ["3"]
    assert ">Not so good</textarea>" in shown.text


async def test_f49_posted_twice_at_once_it_is_one_answer(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.post(score="9", comment="Good") for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert ((await desk.answer()).seq, len(await desk.told())) == (1, 1)


async def test_a_provisional_answer_counts_until_the_final_one_and_never_after(desk: Desk) -> None:
    await desk.post(score="7", provisional="1")
    assert ((await desk.answer()).score, (await desk.answer()).provisional) == (7, True)
    await desk.post(score="8", provisional="1")
    await desk.post(score="9", comment="Good")
    await desk.post(score="2", provisional="1")

    answer = await desk.answer()
    assert (answer.score, answer.comment, answer.provisional, answer.seq) == (9, "Good", False, 3)
    assert not answer.suspected_automatic


async def test_a_provisional_answer_does_not_empty_a_comment(desk: Desk) -> None:
    await desk.post(score="7", comment="So far", provisional="1")
    await desk.post(score="8", provisional="1")

    assert ((await desk.answer()).score, (await desk.answer()).comment) == (8, "So far")


async def test_who_falls_into_the_trap_or_answers_twice_in_seconds_is_suspected(desk: Desk) -> None:
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(score="9", website="https://spam.example")
    await desk.post(desk.path("d2"), score="9")
    await desk.post(desk.path("d2"), score="2")

    assert {answer.dispatch_id: answer.suspected_automatic for answer in await desk.answers()} == {
        "d1": True,
        "d2": True,
    }
    summary = (await desk.http.get("/v1/summary")).json()
    assert (summary["count"], summary["nps"]) == (0, None)


async def test_who_answers_a_mail_in_the_second_in_which_it_was_sent_is_suspected_and_in_an_app_is_not(
    desk: Desk,
) -> None:
    at = now()
    await desk.hear(dispatch("d2", "bob", sent_at=at), dispatch("d3", "bob", sent_at=at, channel="in_app"))
    for id_ in ("d1", "d2", "d3"):
        assert (await desk.post(desk.path(id_), score="9")).status_code == 200

    assert {answer.dispatch_id: answer.suspected_automatic for answer in await desk.answers()} == {
        "d1": False,
        "d2": True,
        "d3": False,
    }


def test_a_page_that_asks_nothing_is_what_the_template_makes_of_it() -> None:
    said: dict[str, Any] = {
        "language": "de",
        "title": "Danke <3",
        "message": "mark & more",
        "change": '/s/x?score=9&a="b"',
        "way_out": "https://out.example/u/<y>",
        "step": Step(label="Go", url="https://a.example/?a=1&b=2"),
    }
    brands: list[dict[str, Any]] = [
        {},
        {"name": "A & B", "color": "#AA0000", "logo_url": "https://a.example/logo.png"},
        {"name": "B", "logo_url": "javascript:x"},
    ]
    for brand in brands:
        for left_out in ({}, {"change": None}, {"way_out": None}, {"step": None, "preview": True, "status": 410}):
            page = drawing.Page(brand=brand, **{**said, **left_out})
            for _ in range(2):
                assert bytes(page.drawn().body).decode() == drawing._text(page)


FORMS = [
    "score=9&comment=Good+%26+fast",
    "comment=%C3%84+%F0%9F%99%82&score=9&&",
    "score=9&comment=\u00e4\u20ac",
    "score=9&comment=%FF%zz%",
    "score=9&q.a=1&q.a=2&q.b",
    "=&;=;&a;b=c",
    "",
]


@pytest.mark.parametrize("text", FORMS)
async def test_a_form_is_read_as_starlette_reads_it(text: str) -> None:
    async def read(way: Callable[[Request], Awaitable[FormData]]) -> list[tuple[str, Any]]:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": text.encode()}

        headers = [(b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")]
        return (await way(Request({"type": "http", "headers": headers}, receive))).multi_items()

    assert await read(form_of) == await read(lambda request: request.form())


async def test_a_form_may_have_so_many_fields_and_may_come_in_parts_but_without_files(desk: Desk) -> None:
    many = {f"q.{number}": "x" for number in range(MAX_FIELDS)}
    assert (await desk.post(score="9", **many)).status_code == 422
    assert (await desk.http.post(desk.path(), files={"score": (None, "9")})).status_code == 200
    assert (await desk.http.post(desk.path(), files={"score": ("a.txt", "9")})).status_code == 422
    assert (await desk.answer()).score == 9


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "1e1", "٩", '{"$gt":0}', "", " ", "00009", "NaN"])
async def test_f49_a_score_that_is_none_is_refused_kindly_beside_its_field(desk: Desk, score: str) -> None:
    answer = await desk.post(score=score, comment="kept")
    page = Page(answer.text)

    assert answer.status_code == 422
    assert page.first("fieldset")["aria-describedby"] == "score-error"
    assert re.search(r'id="score-error" role="alert">[^<]*from 0 to 10\.<', answer.text)
    assert ">kept</textarea>" in answer.text
    assert await desk.answers() == []


async def test_f49_without_a_score_at_all_it_is_asked_for(desk: Desk) -> None:
    answer = await desk.post(comment="kept")

    assert (answer.status_code, "Please choose a number from 0 to 10." in answer.text) == (422, True)


async def test_f49_a_comment_too_long_is_refused_beside_its_field(desk: Desk) -> None:
    answer = await desk.post(score="9", comment="x" * 5001)
    page = Page(answer.text)

    assert (answer.status_code, page.chosen) == (422, ["9"])
    assert page.first("textarea")["aria-describedby"] == "comment-error"
    assert "5000" in answer.text
    assert (await desk.post(score="9", comment="x" * 1_000_001)).status_code == 413
    assert await desk.answers() == []


async def test_f49_every_bad_token_gets_the_same_page(desk: Desk) -> None:
    good = desk.token()
    bad = {
        "tampered": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "of another purpose": desk.token(purpose="unsubscribe"),
        "signed by another": Links([SecretStr("another key")]).make("survey", "d1"),
        "not one at all": "hello",
        "longer than any": "x" * 5000,
    }
    pages = {}
    for why, token in bad.items():
        shown, posted = await desk.get(f"/s/{token}?score=9"), await desk.post(f"/s/{token}", score="9")
        assert (shown.status_code, posted.status_code) == (404, 404), why
        pages[why] = shown.text
    assert len(set(pages.values())) == 1
    assert "Please use the link as it stands in the mail." in pages["tampered"]
    assert await desk.answers() == []


async def test_f49_a_token_answers_its_own_survey_only(desk: Desk) -> None:
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(desk.path("d2"), score="4")

    assert (await desk.answer()).customer_id == "bob"


async def test_a_token_signed_by_an_older_key_is_good(desk: Desk) -> None:
    await desk.http.aclose()
    keys = (SecretStr("an older key"), *desk.settings.chassis.signing_keys)

    assert Links(keys).read("survey", Links(keys[:1]).make("survey", "d1")) == "d1"
    assert Links(keys).read("survey", desk.token()) == "d1"


async def test_a_survey_closes_after_its_time(desk: Desk) -> None:
    with time_machine.travel(now() + timedelta(days=61)):
        shown, posted = await desk.get(), await desk.post(score="9")

    assert (shown.status_code, posted.status_code) == (410, 410)
    assert "This survey is closed" in shown.text
    assert await desk.answers() == []


async def test_an_answer_can_be_changed_for_seven_days(desk: Desk) -> None:
    await desk.post(score="9")
    with time_machine.travel(now() + timedelta(days=6, hours=23)):
        assert (await desk.post(score="8")).status_code == 200
    with time_machine.travel(now() + timedelta(days=7, hours=1)):
        assert (await desk.post(score="7")).status_code == 410

    assert (await desk.answer()).score == 8


async def test_a_link_that_is_faster_than_its_record_asks_for_patience(desk: Desk) -> None:
    shown = await desk.get(desk.path("d9"))

    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "2")
    await desk.hear(dispatch("d9"))
    assert (await desk.get(desk.path("d9"))).status_code == 200


TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK('http://evil')",
    "\x00nul",
    "\u202egnp.exe",
    "{{ 7*7 }}",
    "</textarea><b>",
]


@pytest.mark.parametrize("text", TEXTS)
async def test_f50_a_comment_is_stored_as_text_and_shown_escaped(desk: Desk, text: str) -> None:
    await desk.post(score="9", comment=text)
    shown = (await desk.get()).text

    stored = (await desk.answer()).comment or ""
    assert stored == text.replace("\x00", "").replace("\u202e", "")
    for wrong in ("<script>alert", "<img", "</textarea><b>", ">49<"):
        assert wrong not in shown
    assert "textarea>" in shown


@pytest.mark.parametrize(
    "body", [b"score=9&comment=%ED%A0%80", b"score=9&comment=%FF%FE", b"score=9&comment=%00", b"score"]
)
async def test_f50_broken_bytes_are_stored_or_refused_and_never_our_fault(desk: Desk, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await desk.http.post(desk.path(), content=body, headers=headers)

    assert answer.status_code == (200 if b"score=9" in body else 422)
    json = {"Content-Type": "application/json"}
    assert (await desk.http.post(desk.path(), content=b'{"score": 9}', headers=json)).status_code == 422


@pytest.mark.parametrize("text", ["Müller & Söhne", "👨‍👩‍👧 good", "a\u00a0b", "می‌خواهم", "「 良い 」\u3000です"])
async def test_f50_what_people_write_is_kept_as_they_wrote_it(desk: Desk, text: str) -> None:
    await desk.post(score="9", comment=text)

    assert (await desk.answer()).comment == text


async def test_the_page_lets_nothing_in_and_tells_nobody_where_it_was(desk: Desk) -> None:
    bad = await desk.get("/s/hello")
    for page in (await desk.get(), await desk.post(score="9"), bad, await desk.post(score="x")):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "set-cookie" not in page.headers
        assert not re.search(r"<style|style=|<script>|\son\w+=|http://", page.text)


async def test_an_app_may_read_whether_its_answer_was_stored_and_nothing_before(desk: Desk) -> None:
    shown, posted, refused = await desk.get(), await desk.post(score="9"), await desk.post(score="x")

    assert "Access-Control-Allow-Origin" not in shown.headers
    assert [page.headers["Access-Control-Allow-Origin"] for page in (posted, refused)] == ["*", "*"]


async def test_its_files_are_its_own_and_no_others(desk: Desk) -> None:
    for name in ("survey.css", "survey.js"):
        assert (await desk.http.get(f"/s/static/{name}")).status_code == 200
    for name in ("..%2fpages.py", "pages.py", "%2e%2e"):
        assert (await desk.http.get(f"/s/static/{name}")).status_code == 404


@pytest.mark.parametrize("language", WORDS)
async def test_the_page_speaks_the_language_of_its_mail(desk: Desk, language: str) -> None:
    await desk.hear(campaign(seq=2, questions={}), dispatch("d2", language=language))
    shown = await desk.get(desk.path("d2"))
    wrong = await desk.post(desk.path("d2"), score="99")
    thanks = await desk.post(desk.path("d2"), score="9")

    html = Page(shown.text).first("html")
    assert (html["lang"], html["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    words = WORDS[language]
    question = words["nps"]["question"].replace("{brand}", "Northlight")
    assert question in shown.text.replace("&#39;", "'")
    assert words["score-not-valid"].format(low=0, high=10) in wrong.text
    assert words["thanks"] in thanks.text


def test_every_language_says_everything() -> None:
    english = WORDS["en"]
    for language, words in WORDS.items():
        assert words.keys() == english.keys(), language
        assert all(words.values())
        for metric in ("nps", "csat", "ces", "five_star"):
            assert words[metric].keys() == {"question", "low", "high"}
            assert "{brand}" in words[metric]["question"]
        for name, text in words.items():
            if isinstance(text, dict):
                continue
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[name])), (language, name)
            assert language == "en" or text != english[name]


@pytest.mark.parametrize(
    ("asked", "spoken"), [("de-AT,de;q=0.9,en;q=0.8", "de"), ("ja, fr;q=0.5", "fr"), ("*", "en"), ("", "en")]
)
async def test_where_no_survey_is_known_it_speaks_the_browsers_language(desk: Desk, asked: str, spoken: str) -> None:
    shown = await desk.get("/s/hello", **{"Accept-Language": asked})

    assert Page(shown.text).first("html")["lang"] == spoken


async def test_the_comments_question_fits_the_score(desk: Desk) -> None:
    asked = {score: (await desk.get(f"{desk.path()}?score={score}")).text for score in ("10", "7", "0")}

    assert "What do you like?" in asked["10"]
    assert "Why?" in asked["7"]
    assert "What went wrong?" in asked["0"]


@pytest.mark.parametrize(
    ("metric", "low", "high"), [("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7), ("five_star", 1, 5)]
)
async def test_each_metric_has_its_scale(desk: Desk, metric: str, low: int, high: int) -> None:
    await desk.hear(campaign(seq=2, metric=metric))
    page = Page((await desk.get()).text)

    radios = [given["value"] for tag, given in page.attributes if tag == "input" and given.get("type") == "radio"]
    assert radios == [str(score) for score in range(low, high + 1)]
    assert (await desk.post(score=str(high + 1))).status_code == 422
    assert (await desk.post(score=str(low))).status_code == 200


async def test_the_page_is_complete_for_who_cannot_see_it(desk: Desk) -> None:
    for shown in (await desk.get(), await desk.post(score="x"), await desk.post(score="9"), await desk.get("/s/x")):
        page = Page(shown.text)
        assert page.first("html")["lang"]
        assert page.first("meta")["charset"]
        assert page.headings == 1
        assert [one for one in page.nameless if one not in page.labelled] == []
        described = {str(given["aria-describedby"]) for _, given in page.attributes if "aria-describedby" in given}
        assert described <= page.ids
        assert "user-scalable" not in shown.text


async def test_the_page_says_how_to_be_asked_no_more(desk: Desk) -> None:
    shown = (await desk.get()).text

    found = re.search(r'href="https://out\.example/u/([\w.-]+)"', shown)
    assert found is not None
    assert Links(desk.settings.chassis.signing_keys).read("unsubscribe", found[1]) == "d1"


async def test_while_the_database_is_away_nothing_is_lost_that_was_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(views, "asked", away)
    shown = await desk.get(**{"Accept-Language": "de"})
    posted = await desk.post(score="9", comment='"Good" <people>', provisional="1")
    monkeypatch.undo()

    assert (shown.status_code, posted.status_code) == (503, 503)
    assert "Bitte laden Sie die Seite gleich noch einmal." in shown.text
    hidden = {str(g["name"]): str(g["value"]) for tag, g in Page(posted.text).attributes if g.get("type") == "hidden"}
    assert hidden == {"score": "9", "comment": '"Good" <people>'}
    assert (await desk.post(**hidden)).status_code == 200
    assert (await desk.answer()).comment == '"Good" <people>'


async def test_while_it_cannot_be_stored_the_form_keeps_the_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(Database, "transact", away)
    posted = await desk.post(score="9", comment="Good")
    monkeypatch.undo()

    assert (posted.status_code, posted.headers["Retry-After"]) == (503, "2")
    assert Page(posted.text).chosen == ["9"]
    assert ">Good</textarea>" in posted.text


async def test_a_bug_is_no_trouble_that_passes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("bug")

    monkeypatch.setattr(commands, "answer_all", broken)

    # Without a service's own logs, all that each frame holds would be written out: half a minute of work.
    with capture_logs():
        assert (await desk.post(score="9")).status_code == 500


async def test_f53_of_the_erased_the_score_stays_and_nothing_that_says_who(desk: Desk) -> None:
    await desk.hear(dispatch("d2"))
    await desk.post(score="3", comment="Call me, Ada, at 555-1234")
    await desk.hear(erased())

    answer = await desk.answer()
    assert (answer.score, answer.comment, answer.seq) == (3, None, 2)
    assert answer.attributes == {"country": "AT", "language": "en"}
    told = (await desk.told())[-1]
    assert b"555-1234" not in told["value"]
    assert b"Acme" not in told["value"]
    assert await desk.database.collection("customers").find_one({"_id": "ada"}) is None
    for path in (desk.path(), desk.path("d2")):
        assert (await desk.post(path, score="9", comment="Me again")).status_code == 410
    assert (await desk.get()).status_code == 410
    assert len(await desk.answers()) == 1
    await desk.hear(erased())
    assert (await desk.answer()).seq == 2


async def _erased_meanwhile(desk: Desk, monkeypatch: pytest.MonkeyPatch, hold: Any) -> list[str | None]:
    """The comments that are left when a customer is erased while its answer is being stored."""
    meanwhile: list[asyncio.Task[None]] = []

    async def hold_and_erase(*arguments: Any) -> set[str]:
        held: set[str] = await hold(*arguments)
        if not meanwhile:
            meanwhile.append(asyncio.create_task(desk.hear(erased())))
            await asyncio.wait(meanwhile, timeout=0.5)
        return held

    monkeypatch.setattr(store, "hold_people", hold_and_erase)
    await desk.post(score="3", comment="Call me, Ada")
    await meanwhile[0]
    return [answer.comment for answer in await desk.answers()]


async def test_f53_who_is_erased_while_answering_leaves_no_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(await _erased_meanwhile(desk, monkeypatch, store.hold_people)) <= {None}


async def test_f53_only_looking_whether_one_is_erased_leaves_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong variant: what is read in a transaction is not held by it."""

    async def look(tx: Any, ids: set[str], _: Any) -> set[str]:
        found = tx.collection("people").find({"_id": {"$in": list(ids)}}, session=tx.session)
        return {row["_id"] async for row in found}

    assert await _erased_meanwhile(desk, monkeypatch, look) == ["Call me, Ada"]


async def test_f53_an_answer_that_meets_its_erasure_is_stripped_or_refused(desk: Desk) -> None:
    posts = [desk.post(score="3", comment=f"Call me, Ada {n}") for n in range(6)]
    await asyncio.gather(*posts[:3], desk.hear(erased()), *posts[3:])

    answers = await desk.answers()
    assert [answer.comment for answer in answers] == [None] * len(answers)
    assert await desk.database.collection("responses").count_documents({"comment": {"$ne": None}}) == 0
