"""The house under test: Kafka, MongoDB and every service as processes that can be killed, held up and started again."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiosmtpd.controller import Controller
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from sounding_contracts import topics

from chassis import auth
from chassis import topics as topic_commands
from chassis.settings import ChassisSettings
from deploy.local import demo
from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from deploy.local.ports import free_port
from deploy.local.process import Process
from tests.chaos.oracle import Found

SERVICES = ("profile", "scheduler", "outbox", "feedback")
COPIES = {"scheduler": "profiles", "outbox": "recipients", "feedback": "customers"}
# Beside the first process of each service, which serves HTTP.
PROCESSES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("profile", "profile", ("http", "streams")),
    ("profile's second", "profile", ("streams",)),
    ("profile's relay", "profile", ("relay",)),
    ("profile's second relay", "profile", ("relay",)),
    ("scheduler", "scheduler", ("http", "streams", "relay", "jobs")),
    ("scheduler's second", "scheduler", ("streams", "jobs")),
    ("outbox", "outbox", ("http", "streams", "relay", "jobs")),
    ("outbox's second", "outbox", ("jobs",)),
    ("feedback", "feedback", ("http", "streams", "relay", "jobs")),
)


class Mailbox:
    """Takes every mail; knows each by its Message-ID."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.first: dict[str, EmailMessage] = {}

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept."""
        del server, session
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        for whom in envelope.rcpt_tos:
            self.mails.append((str(message["Message-ID"]), whom))
            self.first.setdefault(whom, message)
        return "250 2.0.0 kept"


class World:
    """Everything that runs, and how to look at it."""

    def __init__(self, folder: Path, broken: str | None) -> None:
        self.folder = folder
        self.kafka, self.mongod = Kafka(folder / "kafka"), Mongod(folder / "mongodb")
        self.mailbox, self._smtp_port = Mailbox(), free_port()
        self._smtp = Controller(self.mailbox, hostname="127.0.0.1", port=self._smtp_port)
        self.ports = {name: free_port() for name in SERVICES}
        self.key, self._known = auth.make_key("chaos", ["*"])
        self.broken = broken
        self.services: dict[str, Process] = {}

    async def __aenter__(self) -> Self:
        self._smtp.start()
        for server in (self.kafka, self.mongod):
            await asyncio.to_thread(server.start)
        for server in (self.kafka, self.mongod):
            await asyncio.to_thread(server.wait_ready)
        settings = ChassisSettings(kafka=self.kafka.address, mongodb=SecretStr(self.mongod.address))
        await topic_commands.create(settings, topics.ALL, replicas=1)
        self.services = {name: self._process(name, service, roles) for name, service, roles in PROCESSES}
        for process in self.services.values():
            process.start()
        self.client = httpx.AsyncClient(headers={"Authorization": f"Bearer {self.key}"}, timeout=5, trust_env=False)
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.client.aclose()
        for process in self.services.values():
            process.kill()
        self.kafka.kill()
        self.mongod.kill()
        self._smtp.stop()

    def url(self, service: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def _process(self, name: str, service: str, roles: Sequence[str]) -> Process:
        module = ["tests.chaos.broken", self.broken] if self.broken and service == "profile" else ["sounding", "run"]
        argv = [sys.executable, "-m", *module, service, *(part for role in roles for part in ("--only", role))]
        port = str(self.ports[service]) if "http" in roles else "0"
        env = {**os.environ, **self._settings(), "SOUNDING_HTTP_PORT": port}
        return Process(name, argv, log=self.folder / f"{name.replace(' ', '-')}.log", env=env)

    def _settings(self) -> dict[str, str]:
        outbox, feedback = self.url("outbox"), self.url("feedback")
        return {
            "SOUNDING_KAFKA": self.kafka.address,
            "SOUNDING_MONGODB": self.mongod.address,
            "SOUNDING_API_KEYS": json.dumps([self._known.model_dump(mode="json")]),
            "SOUNDING_SIGNING_KEYS": json.dumps(["a signing key for tests only"]),
            "SOUNDING_SESSION_TIMEOUT_SECONDS": "6",
            "SOUNDING_GRACEFUL_SECONDS": "3",
            "SOUNDING_LEASE_SECONDS": "2",
            "SOUNDING_LOG_LEVEL": "warning",
            "SOUNDING_OUTBOX_SMTP_HOST": "127.0.0.1",
            "SOUNDING_OUTBOX_SMTP_PORT": str(self._smtp_port),
            "SOUNDING_OUTBOX_PUBLIC_URL": outbox,
            "SOUNDING_OUTBOX_SURVEY_URL": feedback,
            "SOUNDING_FEEDBACK_SUSPECT_WITHIN_SECONDS": "0",
            "SOUNDING_OUTBOX_CLAIM_SECONDS": "5",
            "SOUNDING_OUTBOX_UNKNOWN_AFTER_SECONDS": "10",
        }

    async def set_up(self) -> None:
        """The demo's campaign, which surveys everyone with the tag `nps` at once."""
        for service, method, path, body in demo.campaign_calls():
            await self.insist(method, self.url(service) + path, json=body)

    async def insist(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Ask until it is answered with a success, as a caller with patience does; a refusal is raised."""
        while True:
            try:
                answer = await self.client.request(method, url, **more)
                if answer.is_success or answer.is_redirect:
                    return answer
                if answer.status_code not in {404, 500, 503}:
                    raise RuntimeError(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)

    async def items(self, service: str, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = (await self.insist("GET", self.url(service) + path, params={"after": after} if after else {})).json()
            found += page["items"]
            after = page["next"]
            if after is None:
                return found

    async def find(self, records: int) -> Found:
        """All that the oracle asks for."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.mongod.address)
        letters = await client["profile"]["_dead_letters"].find().to_list(None)
        copies = {
            service: {row["_id"]: row["seq"] async for row in client[service][name].find()}
            for service, name in COPIES.items()
        }
        client.close()
        del records
        return Found(
            customers=await self.items("profile", "/v1/customers"),
            dispatches=await self.items("outbox", "/v1/dispatches"),
            responses=await self.items("feedback", "/v1/responses"),
            letters=Counter(bytes(letter["value"]) for letter in letters),
            mails=list(self.mailbox.mails),
            copies=copies,
            streamed=await self._streamed(),
            ledger=await self._ledger(),
        )

    async def _ledger(self) -> dict[str, Any]:
        url = f"{self.url('scheduler')}/v1/campaigns/relationship-nps/ledger"
        body: dict[str, Any] = (await self.insist("GET", url)).json()
        return body

    async def _streamed(self) -> dict[str, int]:
        """The last seq of every customer on profile's stream, read without any code of ours."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka.address, auto_offset_reset="earliest", isolation_level="read_committed"
        )
        await consumer.start()
        try:
            topic = topics.PROFILE_CUSTOMERS
            partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            last: dict[str, int] = {}
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    for record in batch:
                        last[record.key.decode()] = json.loads(record.value)["seq"]
            return last
        finally:
            await consumer.stop()
