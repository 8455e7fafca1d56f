"""Alerts: once for each answer and rule, at once or in a digest, signed, tried again until it is taken."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sounding_contracts import topics

from chassis.clock import now
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands import alerts as commands
from services.feedback.domain.webhook import Secret, signatures
from services.feedback.jobs.alerts import tell
from services.feedback.settings import Settings
from services.feedback.store import alerts as rows
from services.feedback.store.collections import ALERT_NOTICES
from tests.deployment import Deployment
from tests.feedback.desk import Desk
from tests.feedback.events import dispatch, erased
from tests.feedback.receiver import Receiver, receiving

LOW = {"field": "score", "op": "lte", "value": 6}


@pytest.fixture
def settings(bare_deployment: Deployment) -> Settings:
    return Settings(chassis=bare_deployment.settings, webhook_networks=("127.0.0.0/8",))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


async def alert(desk: Desk, url: str, **more: Any) -> dict[str, Any]:
    made = await desk.http.post("/v1/alerts", json={"name": "Unhappy", "filter": LOW, "url": url, **more})
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def heard(desk: Desk) -> None:
    """All that was told so far, read from the stream: for the first time, or once more."""
    told = await desk.events(topics.FEEDBACK_RESPONSES)
    await desk.database.transact(lambda tx: commands.raise_alerts(tx, told, now()))


async def tell_all(desk: Desk) -> None:
    """As the job does, once."""
    poster = Poster(desk.settings.webhook_networks)
    for alert_id in await rows.due_alerts(desk.database):
        while notice := await rows.claim_notice(desk.database, alert_id, "us", 30):
            await tell(desk.database, poster, notice)
    await poster.close()


async def time_passes(desk: Desk, **span: float) -> None:
    shift = [{"$set": {"next_try_at": {"$subtract": ["$next_try_at", int(timedelta(**span).total_seconds() * 1000)]}}}]
    await desk.database.collection(ALERT_NOTICES).update_many({}, shift)


async def test_an_answer_raises_an_alert_once_however_often_it_is_heard_or_changed(
    desk: Desk, receiver: Receiver
) -> None:
    made = await alert(desk, receiver.url)
    await desk.post(score="3", comment="Slow")
    for comment in ("Slow", "Slow and dear"):
        await desk.post(score="3", comment=comment)
        await heard(desk)
        await tell_all(desk)

    (told,) = receiver.heard
    body, headers = told["body"], told["headers"]
    assert (body["type"], body["data"]["alert"]["name"], body["data"]["count"]) == ("alert.raised", "Unhappy", 1)
    assert [(one["score"], one["comment"]) for one in body["data"]["responses"]] == [(3, "Slow")]
    stamp = int(headers["webhook-timestamp"])
    signed = signatures([Secret(text=made["secret"])], headers["webhook-id"], stamp, told["raw"], now())
    assert headers["webhook-signature"] == signed
    log = (await desk.http.get(f"/v1/alerts/{made['id']}/notices")).json()["items"]
    assert [(one["state"], one["attempts"], one["status"]) for one in log] == [("delivered", 1, 200)]


async def test_what_was_answered_before_or_does_not_match_raises_nothing(desk: Desk, receiver: Receiver) -> None:
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(score="3")
    await alert(desk, receiver.url)
    await alert(desk, receiver.url, filter={"field": "comment", "op": "contains", "value": "refund"})
    await alert(desk, receiver.url, active=False)
    await desk.post(score="2", comment="Changed since")
    await desk.post(desk.path("d2"), score="9", comment="Fine")
    await heard(desk)
    await tell_all(desk)

    assert receiver.heard == []


async def test_one_that_is_not_taken_is_tried_again_under_the_same_id(desk: Desk, receiver: Receiver) -> None:
    receiver.replies = ["500 Sorry", "429 Slow down"]
    made = await alert(desk, receiver.url)
    await desk.post(score="3")
    await heard(desk)
    for _ in range(4):
        await tell_all(desk)
        await time_passes(desk, hours=1)

    assert len({one["headers"]["webhook-id"] for one in receiver.heard}) == 1
    log = (await desk.http.get(f"/v1/alerts/{made['id']}/notices")).json()["items"]
    assert (len(receiver.heard), [(one["state"], one["attempts"]) for one in log]) == (3, [("delivered", 3)])


async def test_a_digest_tells_all_at_its_hour_as_a_message(desk: Desk, receiver: Receiver) -> None:
    await alert(desk, receiver.url, format="slack", rhythm="daily", digest={"hour": 8, "timezone": "Europe/Vienna"})
    await desk.hear(dispatch("d2", "bob"))
    await desk.post(score="3", comment="<b>Slow</b>")
    await desk.post(desk.path("d2"), score="2")
    await heard(desk)
    await tell_all(desk)
    assert receiver.heard == []
    await time_passes(desk, days=1, hours=2)
    await tell_all(desk)

    (told,) = receiver.heard
    assert told["body"]["text"].startswith("*Unhappy*: 2 answers\n*NPS 3* (detractor)")
    assert "&lt;b&gt;Slow" in told["body"]["text"]


async def test_f53_of_the_erased_nothing_is_told(desk: Desk, receiver: Receiver) -> None:
    made = await alert(desk, receiver.url, rhythm="weekly")
    await desk.post(score="3", comment="Call me")
    await heard(desk)
    await desk.hear(erased())
    await time_passes(desk, days=9)
    await tell_all(desk)

    log = (await desk.http.get(f"/v1/alerts/{made['id']}/notices")).json()["items"]
    assert (receiver.heard, [one["state"] for one in log]) == ([], ["dropped"])


async def test_an_alert_can_be_tried_and_edited_and_removed(desk: Desk, receiver: Receiver) -> None:
    made = await alert(desk, receiver.url)
    place = f"/v1/alerts/{made['id']}"
    assert (await desk.http.post(f"{place}/test")).json()["delivered"]
    assert receiver.heard[0]["body"]["type"] == "alert.test"
    for wrong, field in (
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"digest": {"timezone": "Mars/Base"}}, "digest.timezone"),
        ({"digest": {"hour": 24}}, "digest.hour"),
        ({"filter": {"field": "mood", "op": "exists"}}, "filter.field"),
    ):
        refused = await desk.http.patch(place, json=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    edited = (await desk.http.patch(place, json={"active": False})).json()
    assert (edited["active"], "secret" in edited) == (False, False)
    assert (await desk.http.delete(place)).status_code == 204
    assert (await desk.http.get(place)).status_code == 404
