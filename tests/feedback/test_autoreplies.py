"""Mails that follow answers: claimed once, decided anew when due, never for what was answered before."""

from datetime import datetime, timedelta
from typing import Any

from sounding_contracts import topics
from sounding_contracts.autoreplies import AutoreplyRequested

from chassis.clock import now
from services.feedback.commands import autoreplies as commands
from services.feedback.store.collections import AUTOREPLY_ROWS
from tests.feedback.desk import Desk
from tests.feedback.events import dispatch, erased

LOW = {"field": "score", "op": "lte", "value": 6}


async def rule(desk: Desk, **more: Any) -> str:
    made = await desk.http.post("/v1/autoreplies", json={"name": "Sorry", "filter": LOW, "active": True, **more})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def heard(desk: Desk) -> None:
    """All that was told so far, read from the stream: for the first time, or once more."""
    told = await desk.events(topics.FEEDBACK_RESPONSES)
    await desk.database.transact(lambda tx: commands.follow_answers(tx, told, now()))


async def time_passes(desk: Desk, **span: float) -> None:
    shift = [{"$set": {"due_at": {"$subtract": ["$due_at", int(timedelta(**span).total_seconds() * 1000)]}}}]
    await desk.database.collection(AUTOREPLY_ROWS).update_many({}, shift)


async def ask(desk: Desk) -> list[AutoreplyRequested]:
    """Every mail that was asked for."""
    while await desk.database.transact(lambda tx: commands.ask_for_due(tx, now())):
        pass
    found = [one.data for one in await desk.events(topics.FEEDBACK_AUTOREPLY_REQUESTS)]
    return [one for one in found if isinstance(one, AutoreplyRequested)]


async def test_an_answer_is_followed_by_one_mail_however_often_it_is_heard(desk: Desk) -> None:
    id_ = await rule(desk, campaign_id="nps", template_id="sorry")
    await desk.post(score="3")
    for _ in range(2):
        await heard(desk)
        await ask(desk)
    (asked,) = await ask(desk)

    assert (asked.customer_id, asked.campaign_id, asked.dispatch_id, asked.template_id) == ("ada", "nps", "d1", "sorry")
    assert (asked.rule_id, asked.response_id) == (id_, (await desk.answer()).id)
    page = (await desk.http.get(f"/v1/autoreplies/{id_}/answers")).json()
    assert [(one["state"], one["autoreply_id"]) for one in page["items"]] == [("requested", asked.autoreply_id)]


async def test_an_edit_is_followed_by_no_second_mail(desk: Desk) -> None:
    await rule(desk)
    await desk.post(score="3")
    await heard(desk)
    await ask(desk)
    await desk.post(score="2", comment="Worse")
    await heard(desk)

    assert len(await ask(desk)) == 1


async def test_what_was_answered_before_is_never_followed(desk: Desk) -> None:
    await desk.post(score="3")
    await rule(desk)
    await desk.post(score="2", comment="Changed since the rule is on")
    await heard(desk)

    assert await ask(desk) == []


async def test_a_mail_waits_for_its_time_and_goes_by_the_answer_as_it_is_then(desk: Desk) -> None:
    id_ = await rule(desk, min_delay_minutes=60, max_delay_minutes=120)
    await desk.hear(dispatch("d2", "bob"))
    for path in (desk.path(), desk.path("d2")):
        await desk.post(path, score="3")
    await heard(desk)
    assert await ask(desk) == []
    await desk.post(desk.path("d2"), score="9")
    await heard(desk)
    await time_passes(desk, minutes=121)

    assert [one.customer_id for one in await ask(desk)] == ["ada"]
    rows = (await desk.http.get(f"/v1/autoreplies/{id_}/answers")).json()["items"]
    assert sorted((one["state"], one["reason"]) for one in rows) == [
        ("dropped", "not-wanted-any-more"),
        ("requested", None),
    ]


async def test_doubtful_answers_and_those_by_hand_are_not_followed(desk: Desk) -> None:
    await rule(desk, filter={})
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(score="3", provisional="1")
    await desk.post(desk.path("d2"), score="3", website="https://spam.example")
    await desk.http.post("/v1/responses", json={"customer_id": "ada", "metric": "nps", "score": 3})
    await heard(desk)

    assert await ask(desk) == []
    await desk.post(score="3")
    await heard(desk)
    assert [one.dispatch_id for one in await ask(desk)] == ["d1"]


async def test_f53_who_is_erased_while_a_mail_waits_gets_none(desk: Desk) -> None:
    await rule(desk, min_delay_minutes=1, max_delay_minutes=1)
    await desk.post(score="3")
    await heard(desk)
    await desk.hear(erased())
    await time_passes(desk, minutes=2)

    assert await ask(desk) == []


async def test_the_oldest_rule_that_wants_an_answer_has_it_and_a_rule_that_rests_has_none(desk: Desk) -> None:
    resting = await rule(desk, filter={}, active=False)
    oldest, _ = await rule(desk), await rule(desk, filter={})
    await desk.post(score="3")
    await heard(desk)
    (asked,) = await ask(desk)

    assert asked.rule_id == oldest
    body = (await desk.http.patch(f"/v1/autoreplies/{resting}", json={"active": True})).json()
    since = datetime.fromisoformat(body["active_since"])
    again = (await desk.http.patch(f"/v1/autoreplies/{resting}", json={"name": "All"})).json()
    assert datetime.fromisoformat(again["active_since"]) == since
    assert since > (await desk.answer()).answered_at


async def test_a_rule_that_cannot_be_kept_is_refused_by_name(desk: Desk) -> None:
    for wrong, field in (
        ({"filter": {"field": "mood", "op": "eq", "value": 1}}, "filter.field"),
        ({"min_delay_minutes": 5, "max_delay_minutes": 1}, "max_delay_minutes"),
        ({"min_delay_minutes": -1}, "min_delay_minutes"),
        ({"colour": "red"}, "colour"),
        ({"name": " "}, "name"),
    ):
        refused = await desk.http.post("/v1/autoreplies", json={"name": "Sorry", **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    id_ = await rule(desk)
    stale = await desk.http.patch(f"/v1/autoreplies/{id_}", json={"name": "x"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, (await desk.http.delete(f"/v1/autoreplies/{id_}")).status_code) == (412, 204)
    assert (await desk.http.get(f"/v1/autoreplies/{id_}")).status_code == 404
