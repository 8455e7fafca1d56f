"""How long people wait: from a sync event to profile and to the mail, from an answer to its score in profile.

Beside it, in the same run, what the parts cost alone: one record through Kafka, one journaled write of MongoDB.
"""

import argparse
import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiosmtpd.controller import Controller
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from pymongo import WriteConcern
from sounding_contracts import topics

from benchmarks.processes import running, say, service, settings
from benchmarks.report import Report, percentiles
from chassis import auth
from chassis import topics as topic_commands
from chassis.settings import ChassisSettings
from deploy.local import demo, resolve
from deploy.local.ports import free_port

SERVICES = ("profile", "scheduler", "outbox", "feedback")
SYNCS_PER_SECOND = 10
PATIENCE_SECONDS = 180
PREFIX = f"latency{secrets.token_hex(3)}"
TARGETS = {"p50_s": 0.05, "p99_s": 0.5}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=200)


@dataclass
class Mails:
    """Takes every mail, and notes when it was accepted."""

    accepted: dict[str, tuple[float, bytes]] = field(default_factory=dict)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept."""
        del server, session
        for address in envelope.rcpt_tos:
            self.accepted.setdefault(address, (time.perf_counter(), envelope.content))
        return "250 2.0.0 kept"

    def link(self, address: str) -> str:
        """Where the survey of a mail is answered."""
        message = message_from_bytes(self.accepted[address][1], policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        found = re.search(r"http://\S+/s/[^?\s]+", body.get_content() if body else "")
        if found is None:
            msg = "a mail without a survey link"
            raise RuntimeError(msg)
        return found.group(0)


@dataclass(frozen=True)
class House:
    """All services, each a process of its own."""

    kafka: str
    mongodb: str
    urls: dict[str, str]
    client: httpx.AsyncClient
    mails: Mails


async def run(*, customers: int) -> Report:
    """Measure all ways for each customer, one customer after the other."""
    addresses = [f"person{number}@example.com" for number in range(customers)]
    async with open_house() as house:
        await start_campaign(house)
        reference = await _reference(house)
        found = await survey(house, addresses)
    answered = found["answer_to_score_s"]
    results = {"customers": customers, **found, "reference_s": reference}
    return Report(results, {"p50_s": answered["p50"], "p99_s": answered["p99"]}, TARGETS)


async def survey(house: House, addresses: Sequence[str]) -> dict[str, dict[str, float]]:
    """Each customer's whole way, from sync to score; the seconds of its parts."""
    say("from sync to profile and to the mail")
    published, to_customer = await _sync(house, addresses)
    await _until(lambda: _all(house.mails, addresses), PATIENCE_SECONDS)
    to_mail = [house.mails.accepted[address][0] - published[address] for address in addresses]
    say("from answer to profile")
    to_score = [await _answer(house, address, number % 11) for number, address in enumerate(addresses)]
    return {
        "answer_to_score_s": percentiles(to_score),
        "sync_to_customer_s": percentiles(to_customer),
        "sync_to_mail_s": percentiles(to_mail),
    }


@asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    """Run every service as a process, on a Kafka and MongoDB of its own."""
    ports = {name: free_port() for name in SERVICES}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    key, known = auth.make_key("benchmark", ["*"])
    mails, smtp_port = Mails(), free_port()
    controller = Controller(mails, hostname="127.0.0.1", port=smtp_port)
    controller.start()
    with resolve.infrastructure(None, report=say) as found:
        chassis = ChassisSettings(kafka=found.kafka, mongodb=SecretStr(found.mongodb), topic_prefix=f"{PREFIX}-")
        await topic_commands.create(chassis, topics.ALL, replicas=1)
        more = {
            "SOUNDING_API_KEYS": json.dumps([known.model_dump(mode="json")]),
            "SOUNDING_OUTBOX_SMTP_HOST": "127.0.0.1",
            "SOUNDING_OUTBOX_SMTP_PORT": str(smtp_port),
            "SOUNDING_OUTBOX_PUBLIC_URL": urls["outbox"],
            "SOUNDING_OUTBOX_SURVEY_URL": urls["feedback"],
            # Nobody answers as fast as this does.
            "SOUNDING_FEEDBACK_SUSPECT_WITHIN_SECONDS": "0",
        }
        async with AsyncExitStack() as stack:
            for name, port in ports.items():
                own = settings(found.kafka, found.mongodb, PREFIX, **{**more, "SOUNDING_HTTP_PORT": str(port)})
                await stack.enter_async_context(running(service(name), own))
            headers = {"Authorization": f"Bearer {key}"}
            client = await stack.enter_async_context(httpx.AsyncClient(headers=headers, trust_env=False))
            for url in urls.values():
                await _until(lambda url=url: _ready(client, url), PATIENCE_SECONDS)  # type: ignore[misc]
            yield House(found.kafka, found.mongodb, urls, client, mails)
    controller.stop()


async def _ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/health/ready")).is_success
    except httpx.HTTPError:
        return False


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while not await condition():
        if time.perf_counter() > deadline:
            msg = f"not so after {seconds:.0f} s"
            raise RuntimeError(msg)
        await asyncio.sleep(0.05)


async def _all(mails: Mails, addresses: Sequence[str]) -> bool:
    return all(address in mails.accepted for address in addresses)


async def start_campaign(house: House) -> None:
    """A campaign that surveys every customer with the tag that `survey` gives."""
    for owner, method, path, body in demo.campaign_calls():
        answer = await house.client.request(method, house.urls[owner] + path, json=body)
        answer.raise_for_status()


async def _sync(house: House, addresses: Sequence[str]) -> tuple[dict[str, float], list[float]]:
    """Publish one customer after the other; when each was acknowledged, and seconds until profile showed it."""
    published, seconds = {}, []
    topic = f"{PREFIX}-{topics.INTEGRATIONS_CUSTOMERS.name}"
    async with AIOKafkaProducer(bootstrap_servers=house.kafka, acks="all") as producer:
        for address in addresses:
            data = {"email": address, "first_name": "Ada", "tags": ["nps"]}
            head = {"specversion": "1.0", "id": address, "source": "crm", "type": "customer.sync", "subject": address}
            value = json.dumps({**head, "data": data}).encode()
            began = time.perf_counter()
            await producer.send_and_wait(topic, value, key=address.encode())
            published[address] = time.perf_counter()
            seconds.append(await _shown(house, address, began, lambda customer: True))
            await asyncio.sleep(max(0, 1 / SYNCS_PER_SECOND - seconds[-1]))
    return published, seconds


async def _answer(house: House, address: str, score: int) -> float:
    """Seconds from posting a score until profile shows it."""
    link = house.mails.link(address)
    began = time.perf_counter()
    answer = await house.client.post(link, data={"score": str(score), "comment": ""})
    if answer.status_code not in {200, 303}:
        msg = f"the answer was refused: {answer.status_code}"
        raise RuntimeError(msg)
    return await _shown(house, address, began, lambda customer: customer["last_score"] == score)


async def _shown(house: House, address: str, began: float, condition: Callable[[dict[str, Any]], bool]) -> float:
    """Seconds since then until `GET /v1/customers` gives the customer as wanted; asked again and again."""
    while time.perf_counter() < began + PATIENCE_SECONDS:
        found = await house.client.get(f"{house.urls['profile']}/v1/customers", params={"email": address})
        if any(condition(customer) for customer in found.raise_for_status().json()["items"]):
            return time.perf_counter() - began
        # To ask without a pause would keep busy what is being waited for.
        await asyncio.sleep(0.005)
    msg = f"{address} was not seen as wanted in {PATIENCE_SECONDS} s"
    raise RuntimeError(msg)


async def _reference(house: House) -> dict[str, float]:
    """The median of fifty hops through Kafka, and of fifty majority-journaled writes."""
    hops, writes = [], []
    topic = f"{PREFIX}-{topics.INTEGRATIONS_TRIGGERS.name}"
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(house.mongodb)
    rows = client[f"{PREFIX}_reference"].get_collection("rows", write_concern=WriteConcern("majority", j=True))
    # From the beginning: where the end is, it would only ask when the first record is on its way.
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=house.kafka, auto_offset_reset="earliest")
    async with AIOKafkaProducer(bootstrap_servers=house.kafka, acks="all") as producer:
        await consumer.start()
        for number in range(50):
            began = time.perf_counter()
            await producer.send_and_wait(topic, b"x", partition=0)
            await consumer.getone()
            hops.append(time.perf_counter() - began)
            began = time.perf_counter()
            await rows.insert_one({"_id": number})
            writes.append(time.perf_counter() - began)
        await consumer.stop()
    return {"kafka_hop_p50": percentiles(hops)["p50"], "mongodb_write_p50": percentiles(writes)["p50"]}
