"""Four services that run in this process on real Kafka and MongoDB, and meet by events only."""

import email
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

import httpx
from aiosmtpd.controller import Controller
from confluent_kafka import Producer
from pydantic import SecretStr
from sounding_contracts import topics

from chassis.clock import now
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
from tests.deployment import KEY, Deployment, sync_body
from tests.waiting import eventually


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


class Post:
    """A mail server with a mailbox for all, for as long as the block lasts."""

    def __init__(self) -> None:
        self.mailbox, self.port = Mailbox(), free_port()
        self._controller = Controller(self.mailbox, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


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


@asynccontextmanager
async def living(deployment: Deployment, post: Post) -> AsyncIterator[House]:
    """The house, for as long as the block lasts."""
    chassis = deployment.settings
    async with AsyncExitStack() as stack:
        owners = {
            "scheduler": build_scheduler(SchedulerSettings(chassis=chassis)),
            "outbox": build_outbox(OutboxSettings(chassis=chassis, smtp_port=post.port)),
            # Here people answer in the second in which they get a mail.
            "feedback": build_feedback(FeedbackSettings(chassis=chassis, suspect_within_seconds=0)),
        }
        clients = {name: await stack.enter_async_context(deployment.client(one)) for name, one in owners.items()}
        urls: dict[str, Any] = {f"{name}_url": str(client.base_url) for name, client in clients.items()}
        profile = deployment.client(build_profile(ProfileSettings(chassis=chassis, owners_key=SecretStr(KEY), **urls)))
        yield House(deployment, post.mailbox, await stack.enter_async_context(profile), **clients)


async def start_campaign(house: House) -> None:
    for service, method, path, body in demo.campaign_calls():
        client: httpx.AsyncClient = getattr(house, service)
        answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text


def publish_as_a_stranger(house: House, body: bytes, key: str) -> None:
    producer = Producer({"bootstrap.servers": house.deployment.settings.kafka})
    producer.produce(house.deployment.name(topics.INTEGRATIONS_CUSTOMERS), value=body, key=key.encode())
    assert producer.flush(20) == 0


def sync(house: House, name: str, **data: Any) -> None:
    """A sync event of now about somebody, from outside."""
    body = sync_body(subject=f"c-{name}", email=f"{name}@example.com", time=now().isoformat(), **data)
    publish_as_a_stranger(house, body, f"c-{name}")
