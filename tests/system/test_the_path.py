"""The path through the whole house, as its users go it: from a sync event to the score in the profile.

Four services run in this process on real Kafka and MongoDB; they meet by events only. A mail server
of the test takes the surveys; a foreign Kafka client publishes the sync events.
"""

import email
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from confluent_kafka import Producer
from sounding_contracts import topics

from deploy.local import demo
from deploy.local.ports import free_port
from services.feedback.main import build as build_feedback
from services.feedback.settings import Settings as FeedbackSettings
from services.outbox.main import build as build_outbox
from services.outbox.settings import Settings as OutboxSettings
from services.profile.main import build as build_profile
from services.profile.settings import Settings as ProfileSettings
from services.scheduler.main import build as build_scheduler
from services.scheduler.settings import Settings as SchedulerSettings
from tests.contracts.published import published
from tests.deployment import Deployment, sync_body
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

CONTENT = Path(demo.__file__).parent


@dataclass
class Mailbox:
    """Takes every mail."""

    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails += [(address, message) for address in envelope.rcpt_tos]
        return "250 2.0.0 kept"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for recipient, message in self.mails if recipient == address]


@dataclass
class House:
    """The running services and the mailbox."""

    deployment: Deployment
    mailbox: Mailbox
    profile: httpx.AsyncClient
    scheduler: httpx.AsyncClient
    outbox: httpx.AsyncClient
    feedback: httpx.AsyncClient

    async def customer(self, address: str) -> dict[str, Any]:
        items = (await self.profile.get("/v1/customers", params={"email": address})).json()["items"]
        return items[0] if items else {}

    def path_in(self, message: EmailMessage, kind: str) -> str:
        body = message.get_body(("plain",))
        assert body is not None
        found = re.search(rf"http://\S+(/{kind}/[^?\s]+)", body.get_content())
        assert found is not None
        return found.group(1)

    async def page_in(self, message: EmailMessage) -> str:
        """The survey page; a mail can be faster than feedback hears of it, and then the page says: in a moment."""
        path = self.path_in(message, "s")

        async def opens() -> bool:
            shown = await self.feedback.get(path)
            assert shown.status_code in {200, 503}
            return shown.status_code == 200

        await eventually(opens)
        return path


@pytest.fixture
async def house(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[House]:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    chassis = deployment.settings
    async with AsyncExitStack() as stack:
        services = [
            build_profile(ProfileSettings(chassis=chassis)),
            build_scheduler(SchedulerSettings(chassis=chassis)),
            build_outbox(OutboxSettings(chassis=chassis, smtp_port=port)),
            build_feedback(FeedbackSettings(chassis=chassis)),
        ]
        clients = [await stack.enter_async_context(deployment.client(service)) for service in services]
        yield House(deployment, mailbox, *clients)
    controller.stop()


def _content(name: str) -> Any:
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))


async def _campaign(house: House) -> None:
    for client, method, path, body in (
        (house.outbox, "PUT", "/v1/brands/northlight", _content("brand")),
        (house.outbox, "PUT", "/v1/templates/relationship", _content("template")),
        (house.scheduler, "POST", "/v1/campaigns", _content("campaign")),
        (house.scheduler, "POST", "/v1/campaigns/relationship-nps/activate", None),
    ):
        answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text


def _publish_as_a_stranger(house: House, body: bytes, key: str) -> None:
    producer = Producer({"bootstrap.servers": house.deployment.settings.kafka})
    producer.produce(house.deployment.name(topics.INTEGRATIONS_CUSTOMERS), value=body, key=key.encode())
    assert producer.flush(20) == 0


async def test_a_sync_event_becomes_a_surveyed_customer_with_a_score(house: House) -> None:
    address = "ada@example.com"
    await _campaign(house)
    _publish_as_a_stranger(
        house, sync_body(email=address, first_name='Ada <b>"', tags={"add": ["nps"]}, properties={"plan": "pro"}), "c-1"
    )

    (mail,) = await eventually(lambda: house.mailbox.to(address), within=30)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",))
    assert html is not None
    assert "Ada &lt;b&gt;" in html.get_content()
    path = await house.page_in(mail)

    for score in range(11):
        shown = await house.feedback.get(f"{path}?score={score}")
        assert shown.status_code == 200
    assert (await house.feedback.get("/v1/responses")).json()["items"] == []

    posted = await house.feedback.post(path, data={"score": "9", "comment": "Good people"})
    assert posted.status_code == 200

    async def scored() -> dict[str, Any]:
        ada = await house.customer(address)
        return ada if ada["last_score"] == 9 and ada["next_survey"]["reason"] == "recurring" else {}

    ada = await eventually(scored)
    assert (ada["score_trend"], ada["source"], ada["status"]) == ([9], "crm", None)
    (record,) = (await house.outbox.get("/v1/dispatches", params={"customer_id": ada["id"]})).json()["items"]
    assert (record["state"], record["responded"], record["how_sent"]) == ("responded", True, "automatically")
    planned = (await house.scheduler.get(f"/v1/customers/{ada['id']}/next-survey")).json()
    assert planned["at"] == ada["next_survey"]["at"]
    assert len(house.mailbox.to(address)) == 1
    silent = {topic.name for topic in topics.ALL if not topic.from_outside} - await published(house.deployment)
    assert silent == {"outbox.bounces.v1", "outbox.deliverability.v1"}


async def test_who_said_no_is_never_surveyed_again(house: House) -> None:
    await _campaign(house)
    _publish_as_a_stranger(house, sync_body(subject="c-1", email="ada@example.com", tags=["nps"]), "c-1")
    (mail,) = await eventually(lambda: house.mailbox.to("ada@example.com"), within=30)
    path = house.path_in(mail, "u")

    assert (await house.outbox.get(path)).status_code == 200
    ada = await house.customer("ada@example.com")
    assert ada["status"] is None
    answer = await house.outbox.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text, "set-cookie" in answer.headers) == (200, "Unsubscribed.", False)

    async def unsubscribed() -> bool:
        return bool((await house.customer("ada@example.com"))["status"] == "unsubscribed")

    await eventually(unsubscribed)
    gone = sync_body(subject="c-1", deleted=True, time="2026-11-23T11:00:00Z", email=None)
    again = sync_body(subject="c-2", email="ADA@example.com", tags=["nps"], time="2026-11-23T12:00:00Z")
    _publish_as_a_stranger(house, gone, "c-1")
    _publish_as_a_stranger(house, again, "c-1")
    _publish_as_a_stranger(house, sync_body(subject="c-3", email="bob@example.com", tags=["nps"]), "c-1")
    await eventually(lambda: house.mailbox.to("bob@example.com"), within=30)

    async def suppressed() -> bool:
        second = await house.customer("ada@example.com")
        return bool(second["external_ids"] == {"crm": "c-2"} and second["status"] == "unsubscribed")

    await eventually(suppressed)
    assert len(house.mailbox.to("ada@example.com")) == 1
    assert "outbox.deliverability.v1" in await published(house.deployment)


@pytest.mark.parametrize(
    ("score", "status"), [("11", 422), ("-1", 422), ("9.5", 422), ('{"$gt":0}', 422), ("", 422), ("9", 200)]
)
async def test_f49_a_score_that_is_none_is_refused_beside_its_field(house: House, score: str, status: int) -> None:
    await _campaign(house)
    _publish_as_a_stranger(house, sync_body(email="ada@example.com", tags=["nps"]), "c-1")
    (mail,) = await eventually(lambda: house.mailbox.to("ada@example.com"), within=30)
    path = await house.page_in(mail)

    answer = await house.feedback.post(path, data={"score": score, "comment": "kept"})

    assert answer.status_code == status
    assert status == 200 or 'id="score-error"' in answer.text
    assert status == 200 or ">kept</textarea>" in answer.text
    assert (await house.feedback.post(path[:-2] + "xx", data={"score": "9"})).status_code == 404
