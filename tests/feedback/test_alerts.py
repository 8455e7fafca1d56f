"""Alerts: once for each answer and rule, at once or in a digest, signed, tried again until it is taken."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sounding_contracts import topics

from chassis.clock import now
from deploy.local.ports import free_port
from services.feedback.adapters.mail import Mailer
from services.feedback.adapters.receivers import Receivers
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands import alerts as commands
from services.feedback.domain.webhook import Secret, signatures
from services.feedback.jobs.alerts import tell
from services.feedback.main import mail_server
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
    return Settings(
        chassis=bare_deployment.settings,
        webhook_networks=("127.0.0.0/8",),
        alert_smtp_host="127.0.0.1",
        alert_smtp_port=free_port(),
        alert_smtp_tls="none",
        alert_sender="alerts@acme.example",
    )


class Mailbox:
    """A mail server that answers as it is told, then takes all."""

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        mail = message_from_bytes(bytes(envelope.original_content or b""), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return self.replies.pop(0) if self.replies else "250 Taken"


@pytest.fixture
async def mailbox(settings: Settings) -> AsyncIterator[Mailbox]:
    made = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(made, loop=loop), "127.0.0.1", settings.alert_smtp_port)
    yield made
    server.close()
    await server.wait_closed()


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
    receivers = Receivers(poster, Mailer(mail_server(desk.settings)))
    for alert_id in await rows.due_alerts(desk.database):
        while notice := await rows.claim_notice(desk.database, alert_id, "us", 30):
            await tell(desk.database, receivers, notice)
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


async def test_a_mail_tells_somebody_inside_and_is_tried_again_as_the_same(desk: Desk, mailbox: Mailbox) -> None:
    mailbox.replies = ["451 4.3.0 Later"]
    made = await alert(desk, "mailto:cx@acme.example", name="Unhappy\nBcc: all@acme.example")
    await desk.post(score="3", comment="Slow\n.\nAnd dear: ü")
    await heard(desk)
    await tell_all(desk)
    assert (await _log(desk, made))[0]["state"] == "waiting"
    await time_passes(desk, hours=1)
    await tell_all(desk)

    first, mail = mailbox.mails
    assert (mail["To"], mail["From"], mail["Bcc"]) == ("cx@acme.example", "alerts@acme.example", None)
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Unhappy Bcc: all@acme.example", "auto-generated")
    assert mail["Message-ID"] == first["Message-ID"]
    assert mail.get_content().replace("\r\n", "\n").startswith("NPS 3 (detractor), ")
    assert "\n> Slow\n> .\n> And dear: ü\nCustomer " in mail.get_content().replace("\r\n", "\n")
    (log,) = await _log(desk, made)
    assert (log["state"], log["attempts"], log["status"]) == ("delivered", 2, 250)


async def _log(desk: Desk, made: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await desk.http.get(f"/v1/alerts/{made['id']}/notices")).json()["items"]
    return items


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
        ({"url": "mailto:nobody"}, "url"),
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
