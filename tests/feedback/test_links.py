"""Public links: who opens one answers without having been sent anything, by name or without."""

import re
from typing import Any

from chassis.tokens import Links
from tests.feedback.desk import Desk
from tests.feedback.events import campaign

LINK: dict[str, Any] = {"kind": "link", "name": "On the receipt"}


def link(desk: Desk, customer_id: str = "", purpose: str = "link") -> str:
    return f"/l/{Links(desk.settings.chassis.signing_keys).make(purpose, f'{customer_id}|shop')}"


def sheet_of(text: str) -> str:
    found = re.search(r'name="sheet" value="([0-9a-f]{32})"', text)
    assert found is not None
    return found[1]


async def test_everyone_who_opens_an_anonymous_link_answers_once_for_each_visit(desk: Desk) -> None:
    await desk.hear(campaign("shop", **LINK))
    first, second = [(await desk.get(link(desk))).text for _ in range(2)]
    assert await desk.answers() == []

    for text in (first, first, second):
        posted = await desk.post(link(desk), score="9", comment="Quick", sheet=sheet_of(text))
        assert posted.status_code == 200
        assert f"sheet={sheet_of(text)}" in posted.text

    answers = await desk.answers()
    assert [(one.customer_id, one.dispatch_id, one.channel, one.campaign_id) for one in answers] == [
        (None, None, "link", "shop")
    ] * 2


async def test_a_link_that_names_a_customer_takes_one_answer_which_may_be_changed(desk: Desk) -> None:
    await desk.hear(campaign("shop", **LINK))
    await desk.post(link(desk, "ada"), score="3")
    posted = await desk.post(link(desk, "ada"), score="8", comment="Better")

    answer = await desk.answer()
    assert (answer.customer_id, answer.score, answer.channel) == ("ada", 8, "link")
    assert answer.attributes["properties"] == {"plan": "pro"}
    assert "sheet=" not in posted.text


async def test_a_link_of_a_campaign_that_rests_or_of_nobody_takes_nothing(desk: Desk) -> None:
    await desk.hear(campaign("shop", state="paused", **LINK))

    closed = await desk.post(link(desk), score="9")
    forged = await desk.post(link(desk, purpose="survey"), score="9")
    shown = await desk.get("/l/made-up")

    assert [one.status_code for one in (closed, forged, shown)] == [410, 404, 404]
    assert await desk.answers() == []
