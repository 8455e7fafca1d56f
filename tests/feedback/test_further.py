"""What is asked after the rating: page by page, by class and by answer, stored and told; and the preview that stores nothing."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from sounding_contracts import topics
from sounding_contracts.campaigns import Choice, FurtherQuestion, NextStep, Questions, ShowIf
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import is_passing
from services.feedback import commands, views
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, erased

CHOICES = [Choice(id="price", labels={"en": "The price", "de": "Der Preis"}), Choice(id="help", labels={"en": "Help"})]
FURTHER = [
    FurtherQuestion(
        id="why",
        kind="single_choice",
        texts={"en": "What was it?"},
        choices=CHOICES,
        required=True,
        show_if=ShowIf(classes=["detractor"]),
    ),
    FurtherQuestion(
        id="deal",
        kind="rating",
        texts={"en": "How fair is the price?"},
        show_if=ShowIf(question="why", answers=["price"]),
    ),
    FurtherQuestion(id="use", kind="multiple_choice", texts={"en": "What do you use?"}, choices=CHOICES),
    FurtherQuestion(id="more", kind="text", texts={"en": "Anything else?", "de": "Sonst noch etwas?"}),
]
ASKED = Questions(
    question="Would you recommend us?",
    thanks="Thank you.",
    thanks_by_class={"promoter": "We are glad."},
    next_steps={"promoter": NextStep(label="Write a review", url="https://reviews.example/us")},
)


class Names(HTMLParser):
    """The questions of a page, and what goes along with them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.hidden: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = str(given.get("name"))
        if given.get("type") == "hidden":
            self.hidden[name] = str(given["value"])
        elif tag in {"input", "textarea"} and name not in {"website", *self.asked}:
            self.asked.append(name)


async def asking(desk: Desk) -> None:
    await desk.hear(campaign(seq=2, further_questions=FURTHER, questions={"en": ASKED}))


async def go_on(desk: Desk, text: str, path: str | None = None, **answers: str | Sequence[str]) -> str:
    form: dict[str, Any] = {**Names(text).hidden, **{f"q.{id_}": said for id_, said in answers.items()}}
    return (await desk.http.post(path or desk.path(), data=form)).text


async def test_a_question_that_depends_on_an_answer_comes_on_a_page_after_it(desk: Desk) -> None:
    await asking(desk)
    first = (await desk.post(score="3", comment="Dear")).text
    second = await go_on(desk, first, why="price")
    last = await go_on(desk, second, deal="2", use=["price", "help"], more="No\r\nmore")

    assert Names(first).asked == ["q.why"]
    assert Names(second).asked == ["q.deal", "q.use", "q.more"]
    assert "Change my answer" in last
    answer = await desk.answer()
    assert answer.answers == {"why": "price", "deal": 2, "use": ["price", "help"], "more": "No\nmore"}
    assert (answer.score, answer.comment, answer.provisional) == (3, "Dear", False)


async def test_what_does_not_apply_is_not_asked(desk: Desk) -> None:
    await asking(desk)
    promoter = (await desk.post(score="9")).text
    other = await go_on(desk, (await desk.post(score="3")).text, why="help")

    assert Names(promoter).asked == ["q.use", "q.more"]
    assert Names(other).asked == ["q.use", "q.more"]


async def test_answers_are_told_by_id_and_in_the_words_of_the_page(desk: Desk) -> None:
    await asking(desk)
    page = (await desk.post(score="9")).text
    await go_on(desk, page, use=["help"], more="Yes")

    told = (await desk.events(topics.FEEDBACK_RESPONSES))[-1].data
    assert isinstance(told, ResponseChanged)
    assert told.answers == {"use": ["help"], "more": "Yes"}
    assert [(one.question, one.answer) for one in told.answers_shown] == [
        ("What do you use?", ["Help"]),
        ("Anything else?", ["Yes"]),
    ]
    body = (await desk.http.get(f"/v1/responses/{told.id}")).json()
    assert (body["answers"], body["answers_shown"][0]["answer"]) == (told.answers, ["Help"])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Please answer this question."),
        ({"why": "rain"}, "from the answers that are there"),
        ({"why": ["price", "help"]}, "from the answers"),
    ],
)
async def test_f49_an_answer_that_is_none_is_refused_beside_its_question(desk: Desk, given: Any, reason: str) -> None:
    await asking(desk)
    page = (await desk.post(score="3")).text
    again = await go_on(desk, page, **given)

    assert re.search(rf'id="e-why" role="alert">[^<]*{reason}', again)
    assert Names(again).asked == ["q.why"]
    assert (await desk.answer()).answers == {}


async def test_another_score_takes_away_the_answers_that_it_does_not_lead_to(desk: Desk) -> None:
    await asking(desk)
    page = await go_on(desk, (await desk.post(score="3")).text, why="price")
    await go_on(desk, page, deal="1", more="Kept")
    again = (await desk.post(score="10")).text

    assert (await desk.answer()).answers == {"more": "Kept"}
    assert ">Kept</textarea>" in again


async def test_questions_without_a_score_begin_at_the_score(desk: Desk) -> None:
    await asking(desk)
    page = (await desk.http.post(desk.path(), data={"seen": "", "q.more": "First"})).text

    assert 'name="score"' in page
    assert await desk.answers() == []


async def test_f53_of_the_erased_no_answer_stays(desk: Desk) -> None:
    await asking(desk)
    await go_on(desk, (await desk.post(score="9")).text, more="Call me, Ada")
    await desk.hear(erased())

    assert ((await desk.answer()).answers, (await desk.answer()).answers_shown) == ({}, ())
    assert b"Call me" not in (await desk.told())[-1]["value"]


async def test_while_answers_cannot_be_stored_the_page_keeps_all_of_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asking(desk)
    page = (await desk.post(score="9")).text

    async def away(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    assert is_passing(ConnectionError())
    monkeypatch.setattr(commands, "answer_further", away)
    kept = await go_on(desk, page, use=["price", "help"], more="Yes")
    monkeypatch.undo()

    pairs = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', kept)
    assert pairs == [("seen", ""), ("q.use", "price"), ("q.use", "help"), ("q.more", "Yes")]
    await desk.http.post(desk.path(), data={"seen": "", "q.use": ["price", "help"], "q.more": "Yes"})
    assert (await desk.answer()).answers == {"use": ["price", "help"], "more": "Yes"}


async def test_thanks_fit_the_class_and_lead_on(desk: Desk) -> None:
    await desk.hear(campaign(seq=2, questions={"en": ASKED}))
    promoter = (await desk.post(score="9")).text
    passive = (await desk.post(score="8")).text

    assert "We are glad." in promoter
    assert 'href="https://reviews.example/us"' in promoter
    assert "Thank you." in passive
    assert "reviews.example" not in passive


async def test_a_preview_goes_all_the_way_and_stores_nothing(desk: Desk) -> None:
    await asking(desk)
    path = f"/s/{desk.token('nps', 'preview')}"
    shown = await desk.get(f"{path}?score=3")
    first = (await desk.post(path, score="3", comment="Dear")).text
    second = await go_on(desk, first, path, why="price")
    last = await go_on(desk, second, path, more="Yes")

    for page in (shown.text, first, second, last):
        assert "This is a preview. Nothing is stored." in page
        assert "data-live" not in page
    assert Names(second).asked == ["q.deal", "q.use", "q.more"]
    assert "Thank you." in last
    assert (await desk.answers(), await desk.told()) == ([], [])


async def test_the_link_of_a_test_mail_says_that_it_was_one(desk: Desk) -> None:
    shown = await desk.get("/s/preview")

    assert (shown.status_code, "The mail was a test." in shown.text) == (200, True)


async def test_a_kind_of_question_that_is_not_known_is_left_out(desk: Desk) -> None:
    strange = FurtherQuestion(id="draw", kind="drawing", texts={"en": "Draw it"})
    await desk.hear(campaign(seq=2, further_questions=[strange, FURTHER[3]]))

    assert [one.id for one in views.further_of({"further_questions": [strange.model_dump()]})] == []
    assert Names((await desk.post(score="9")).text).asked == ["q.more"]
