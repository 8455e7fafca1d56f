"""Four services that run in this process on real Kafka and MongoDB, and meet by events only."""

import email
import json
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Producer
from sounding_contracts import topics

from deploy.local import demo
from tests.deployment import Deployment
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


def content(name: str) -> Any:
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))


async def start_campaign(house: House) -> None:
    for client, method, path, body in (
        (house.outbox, "PUT", "/v1/brands/northlight", content("brand")),
        (house.outbox, "PUT", "/v1/templates/relationship", content("template")),
        (house.scheduler, "POST", "/v1/campaigns", content("campaign")),
        (house.scheduler, "POST", "/v1/campaigns/relationship-nps/activate", None),
    ):
        answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text


def publish_as_a_stranger(house: House, body: bytes, key: str) -> None:
    producer = Producer({"bootstrap.servers": house.deployment.settings.kafka})
    producer.produce(house.deployment.name(topics.INTEGRATIONS_CUSTOMERS), value=body, key=key.encode())
    assert producer.flush(20) == 0
