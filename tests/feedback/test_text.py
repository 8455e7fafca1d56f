"""What comments are about: found as they come, and in old ones when somebody asks for it."""

import json
from collections.abc import Sequence
from functools import partial

import pytest
from sounding_contracts import topics

from chassis.clock import now
from services.feedback import handlers
from services.feedback.adapters.text import Model, language_of, load_model, stop_words
from services.feedback.commands import text as commands
from services.feedback.commands.text import Labeller
from services.feedback.store import topics as rows
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, dispatch


async def topic(desk: Desk, name: str, *keywords: str) -> str:
    made = await desk.http.post("/v1/topics", json={"name": name, "keywords": keywords})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def heard(desk: Desk, model: Model | None = None) -> int:
    """All that was told so far, read by the labeller; how much is told after that."""
    told = await desk.events(topics.FEEDBACK_RESPONSES)
    await desk.database.transact(lambda tx: commands.label_answers(tx, told, Labeller(model)))
    return len(await desk.events(topics.FEEDBACK_RESPONSES))


async def label_the_past(desk: Desk) -> None:
    """As the job does."""
    while (found := await rows.open_job(desk.database)) is not None:
        step = partial(commands.labelling_step, id_=found["_id"], labeller=Labeller(), now=now())
        await desk.database.transact(step)


async def test_a_comment_is_labelled_once_and_can_be_asked_for(desk: Desk) -> None:
    await topic(desk, "Price", "too expensive", "refund*")
    await topic(desk, "Support", "support")
    await desk.post(score="3", comment="Far TOO  expensive, and the support never answers my questions.")
    assert [await heard(desk), await heard(desk)] == [2, 2]

    answer = await desk.answer()
    assert (answer.topics, answer.comment_language) == (("Price", "Support"), "en")
    first, second = await desk.events(topics.FEEDBACK_RESPONSES)
    assert first.data is not None
    assert second.data is not None
    assert (second.data.topics, second.seq, second.time) == (["Price", "Support"], 2, first.time)
    assert second.data.changed_at == first.data.changed_at


async def test_an_edit_is_labelled_anew(desk: Desk) -> None:
    await topic(desk, "Price", "price")
    await desk.post(score="3", comment="The price is too high for what we get")
    await heard(desk)
    await desk.post(score="3", comment="It is slow")
    await heard(desk)

    assert (await desk.answer()).topics == ()


async def test_topics_are_applied_to_the_past_with_progress_and_nobody_is_told_as_of_news(desk: Desk) -> None:
    await desk.post(score="3", comment="The invoice was wrong once more")
    await topic(desk, "Billing", "invoice*")
    begun = (await desk.http.post("/v1/topics/labellings")).json()
    assert (begun["total"], begun["looked_at"], begun["done"]) == (1, 0, False)
    await label_the_past(desk)

    (done,) = (await desk.http.get("/v1/topics/labellings")).json()["items"]
    assert (done["looked_at"], done["changed"], done["done"]) == (1, 1, True)
    assert (await desk.answer()).topics == ("Billing",)
    told = await desk.events(topics.FEEDBACK_RESPONSES)
    assert [event.seq for event in handlers.said_anew(told)] == [1]


async def test_a_model_of_ones_own_adds_topics_and_its_faults_hold_up_nothing(desk: Desk) -> None:
    def model(comment: str, language: str | None) -> Sequence[str]:
        if "broken" in comment:
            raise ValueError(comment)
        return [f"Mood: calm ({language})"]

    await topic(desk, "Door", "door")
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(score="3", comment="The door was open when we arrived yesterday")
    await desk.post(desk.path("d2"), score="3", comment="The door is broken")
    await heard(desk, model)

    found = {answer.dispatch_id: answer.topics for answer in await desk.answers()}
    assert found == {"d1": ("Door", "Mood: calm (en)"), "d2": ("Door",)}
    assert load_model("") is None
    assert callable(load_model("json:dumps"))


async def test_the_top_words_of_each_class_leave_out_what_says_nothing(desk: Desk) -> None:
    await desk.hear(campaign(seq=2), dispatch("d2", "bob"), dispatch("d3", "eve"))
    await desk.post(score="3", comment="The support is slow and the support is rude")
    await desk.post(desk.path("d2"), score="2", comment="Slow support 2026")
    await desk.post(desk.path("d3"), score="10", comment="The team is wonderful")

    body = (await desk.http.get("/v1/words")).json()
    assert body["comments"] == 3
    assert body["classes"]["detractor"] == [
        {"word": "slow", "count": 2},
        {"word": "support", "count": 2},
        {"word": "rude", "count": 1},
    ]
    assert {one["word"] for one in body["classes"]["promoter"]} == {"team", "wonderful"}
    only = {"filter": json.dumps({"field": "score", "op": "gte", "value": 9})}
    assert (await desk.http.get("/v1/words", params=only)).json()["comments"] == 1
    assert (await desk.http.get("/v1/words", params={"filter": "{"})).status_code == 422


async def test_a_topic_that_cannot_be_kept_is_refused_by_name(desk: Desk) -> None:
    id_ = await topic(desk, "Price", "price")
    for body, status, field in (
        ({"name": "PRICE", "keywords": ["x"]}, 409, "name"),
        ({"name": "Other", "keywords": ["!!"]}, 422, "keywords.0"),
        ({"name": "Other", "keywords": []}, 422, "keywords"),
        ({"name": "Other", "keywords": ["x"], "languages": ["English"]}, 422, "languages.0"),
    ):
        refused = await desk.http.post("/v1/topics", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, field)
    edited = (await desk.http.patch(f"/v1/topics/{id_}", json={"name": "Cost"})).json()
    assert (edited["name"], edited["keywords"]) == ("Cost", ["price"])
    assert (await desk.http.delete(f"/v1/topics/{id_}")).status_code == 204


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Support antwortet viel zu langsam", "de"),
        ("Trop cher pour ce que c'est", "fr"),
        ("O atendimento é muito lento", "pt"),
        ("Il prezzo è troppo alto per noi", "it"),
        ("El precio es muy alto", "es"),
        ("الخدمة بطيئة جدا", "ar"),
        ("サポートが遅いです", "ja"),
        ("ok", None),
        ("👍👍", None),
        ("10/10", None),
    ],
)
def test_the_language_of_a_comment_is_read_where_there_is_enough_of_it(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_the_words_that_say_nothing_are_those_of_the_language() -> None:
    assert "und" in stop_words("de")
    assert "und" not in stop_words("en")
    assert stop_words("de-AT") == stop_words("de")
    assert stop_words("tlh") == stop_words(None) == stop_words("en")
