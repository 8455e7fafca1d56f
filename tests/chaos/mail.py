"""`python -m tests.chaos mail --seconds 60 --seed N`: outbox alone, its senders killed at random, the receiving server moody.

Processes of outbox are killed, held up and stopped while an SMTP sink defers, breaks off and answers late, and people say
no. Afterwards every record and the sink's mailbox are compared. `--wrong` breaks a rule on purpose: it must end with 1.
"""

import asyncio
import contextlib
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from sounding_contracts import topics
from sounding_contracts.envelope import Event, encode, record_headers

from chassis.mongo import Database
from chassis.service import open_service_database
from deploy.local.ports import free_port
from services.outbox import store
from tests.chaos.mail_oracle import Arrived, Asked, Done, Found, faults
from tests.chaos.mail_sink import Sink
from tests.chaos.nursery import Child, Nursery, order
from tests.deployment import API_KEY, KEY, SIGNING_KEY, Deployment
from tests.outbox.events import BRAND, MJML, PLAIN, campaign, customer, request
from tests.outbox.mailserver import mail_server

SENDERS = 4
CUSTOMERS_A_SECOND = 12
WAVES = 2
DOMAINS = 5
RETRY_SECONDS = 1.0
QUIET_SECONDS = 300.0
SHORT_SECONDS = 10.0
ENDED = "done"
Say = Callable[[str], None]


class MailChaos:
    """One run, on a Kafka and a MongoDB that are there."""

    def __init__(self, deployment: Deployment, folder: Path, seed: int, seconds: float, wrong: str | None) -> None:
        self._deployment, self._folder, self._seed, self._seconds = deployment, folder, seed, seconds
        self._wrong, self._chance = wrong, random.Random(seed)
        self._number = max(20, int(seconds * CUSTOMERS_A_SECOND))
        self.done = Done(nobody=frozenset(_address(n) for n in range(self._number) if n % 25 == 7))
        self.sink = Sink(seed + 1, self.done.nobody)
        self.harms: Counter[str] = Counter()
        self.front, self.senders = Child("front", {}), [Child(f"sender {n}", {}) for n in range(SENDERS)]
        self._url = f"http://127.0.0.1:{free_port()}"
        self._began = time.monotonic()

    async def run(self) -> list[str]:
        """All of it: what is wrong in the end, one line each."""
        await self._deployment.make(*topics.ALL)
        async with mail_server(self.sink), Nursery() as nursery, self._open() as (http, producer, database):
            self._nursery, self._http, self._producer, self._database = nursery, http, producer, database
            self._orders()
            await nursery.start(self.front)
            await self._set_up()
            for sender in self.senders:
                await nursery.start(sender)
            await self._ready()
            self._began = time.monotonic()
            await asyncio.gather(self._ask(), self._harm(), self._by_link(), self._by_api())
            return await self._judged()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[tuple[httpx.AsyncClient, AIOKafkaProducer, Database]]:
        database = open_service_database(self._deployment.settings, "outbox")
        headers = {"Authorization": f"Bearer {KEY}"}
        try:
            async with (
                httpx.AsyncClient(base_url=self._url, headers=headers, timeout=6, trust_env=False) as http,
                self._deployment.producer() as producer,
            ):
                yield http, producer, database
        finally:
            database.close()

    def _orders(self) -> None:
        roles = ("streams", "relay", "jobs:sweep")
        env = {**self._env(), "SOUNDING_HTTP_PORT": self._url.rpartition(":")[2]}
        self.front.order = order(env, roles, self._folder / "front.log", self._wrong)
        for number, sender in enumerate(self.senders):
            log = self._folder / f"sender-{number}.log"
            sender.order = order(self._env(), ("jobs:send",), log, self._wrong, RETRY_SECONDS)

    def _env(self) -> dict[str, str]:
        settings = self._deployment.settings
        return {
            "SOUNDING_KAFKA": settings.kafka,
            "SOUNDING_MONGODB": settings.mongodb.get_secret_value(),
            "SOUNDING_TOPIC_PREFIX": settings.topic_prefix,
            "SOUNDING_DATABASE_PREFIX": settings.database_prefix,
            "SOUNDING_HTTP_PORT": "0",
            "SOUNDING_API_KEYS": json.dumps([API_KEY.model_dump(mode="json")]),
            "SOUNDING_SIGNING_KEYS": json.dumps([SIGNING_KEY.get_secret_value()]),
            "SOUNDING_SESSION_TIMEOUT_SECONDS": "6",
            "SOUNDING_GRACEFUL_SECONDS": "3",
            "SOUNDING_LOG_LEVEL": "warning",
            "SOUNDING_OUTBOX_SMTP_PORT": str(self.sink.port),
            "SOUNDING_OUTBOX_PUBLIC_URL": self._url,
            "SOUNDING_OUTBOX_COMMAND_SECONDS": "2",
            "SOUNDING_OUTBOX_REPLY_SECONDS": "2",
            "SOUNDING_OUTBOX_CLAIM_SECONDS": "3",
            "SOUNDING_OUTBOX_POLL_SECONDS": "0.1",
            "SOUNDING_OUTBOX_UNKNOWN_AFTER_SECONDS": "4",
            "SOUNDING_OUTBOX_SPARED_RATE": "1000",
        }

    async def _set_up(self) -> None:
        """A brand, a template, a campaign and all customers; some have one mailbox."""
        await self._insist("PUT", "/v1/brands/b", {"name": BRAND.name, **_SENDER})
        text = {"subject": "One question", "mjml": MJML, "text": PLAIN}
        await self._insist("PUT", "/v1/templates/t", {"name": "Relationship", "languages": {"en": text}})
        await self._tell(campaign())
        for number in range(self._number):
            await self._tell(customer(f"c{number}", email=_address(number)))
        await self._producer.flush()
        recipients = self._database.collection(store.RECIPIENTS)
        while await recipients.count_documents({}) < self._number:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.1)

    async def _ready(self) -> None:
        """Until all senders have looked back, and send."""
        runs = self._database.collection(store.RUNS)
        while await runs.count_documents({}) < SENDERS:  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.1)

    async def _tell(self, event: Event[Any]) -> None:
        topic = next(one for one in topics.ALL if event.type in {payload.type for payload in one.types})
        await self._producer.send(
            self._deployment.name(topic),
            key=(event.subject or event.id).encode(),
            value=encode(event),
            headers=record_headers(event),
        )

    async def _ask(self) -> None:
        """Each customer is asked for in each wave, some twice."""
        pause = self._seconds / (self._number * WAVES)
        for wave in range(1, WAVES + 1):
            for number in range(self._number):
                id_ = f"d{number}-{wave}"
                self.done.asked[id_] = Asked(f"c{number}", _address(number), wave)
                for time_ in range(2 if self._chance.random() < 0.2 else 1):
                    await self._tell(replace(request(id_, f"c{number}", cycle=wave), id=f"{id_}:{time_}"))
                await asyncio.sleep(pause)
        await self._producer.flush()

    async def _by_link(self) -> None:
        """A quarter of those who get a mail say no with its one click."""
        seen = 0
        clicks: list[asyncio.Task[None]] = []
        while time.monotonic() < self._began + self._seconds:
            for mail in self.sink.mails[seen:]:
                seen += 1
                if int(mail.recipient[1:].partition("@")[0]) % 4 == 1:
                    link = str(mail.message["List-Unsubscribe"]).partition("<")[2].partition(">")[0]
                    clicks.append(asyncio.create_task(self._say_no(mail.recipient, link, one_click=True)))
            await asyncio.sleep(0.01)
        await asyncio.gather(*clicks)

    async def _by_api(self) -> None:
        """A tenth say no at some moment or other."""
        chance = random.Random(self._seed + 2)
        for number in filter(lambda number: number % 10 == 2, range(self._number)):
            await self._say_no(_address(number), f"/v1/customers/c{number}/unsubscribe")
            await asyncio.sleep(chance.uniform(0, 20 * self._seconds / self._number))

    async def _say_no(self, address: str, url: str, *, one_click: bool = False) -> None:
        if one_click:
            await self._insist("POST", url, form={"List-Unsubscribe": "One-Click"})
        else:
            await self._insist("POST", url, {})
        self.done.answered_no.setdefault(address, time.monotonic())

    async def _insist(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, form: Mapping[str, Any] | None = None
    ) -> None:
        """Until it is answered with a success."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._http.request(method, url, json=body, data=form)
                if answer.is_success:
                    return
                if answer.status_code not in {404, 500, 503}:
                    raise RuntimeError(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(0.1)

    async def _harm(self) -> None:
        chance = random.Random(self._seed + 3)
        held: list[asyncio.Task[None]] = []
        while time.monotonic() < self._began + self._seconds:
            await asyncio.sleep(chance.uniform(0.1, 0.4 if self._seconds < SHORT_SECONDS else 1.2))
            child = self.front if chance.random() < 0.04 else chance.choice(self.senders)
            if chance.random() < 0.15:
                held.append(asyncio.create_task(self._held_up(child, chance.uniform(0.2, 3))))
            else:
                await self._ended(child, chance.random())
        await asyncio.gather(*held)

    async def _held_up(self, child: Child, seconds: float) -> None:
        self.harms["held up"] += 1
        child.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        child.signal(signal.SIGCONT)

    async def _ended(self, child: Child, kind: float) -> None:
        number = signal.SIGKILL if kind < 0.85 or child is self.front else signal.SIGTERM
        self.harms[number.name] += 1
        child.signal(number)
        if child is self.front:
            await _until(lambda: not child.alive)
        await self._nursery.start(child)

    async def _judged(self) -> list[str]:
        """What is wrong once all records have ended, the server well again; or still, when patience has."""
        self.sink.calm = True
        until = time.monotonic() + QUIET_SECONDS
        unended = {"phase": {"$ne": ENDED}}
        rows = self._database.collection(store.DISPATCHES)
        while time.monotonic() < until:
            for child in (self.front, *self.senders):
                if not child.alive:
                    await self._nursery.start(child)
            if await rows.count_documents({}) >= len(self.done.asked) and not await rows.count_documents(unended):
                break
            await asyncio.sleep(0.2)
        return faults(self.done, await self._found())

    async def _found(self) -> Found:
        rows = self._database.collection(store.DISPATCHES).find({}, {"state": 1})
        states = {row["_id"]: str(row["state"]) async for row in rows}
        mails = [Arrived(_record(mail.message["Message-ID"]), mail.recipient, mail.at) for mail in self.sink.mails]
        self.states = Counter(states.values())
        return Found(states, mails)

    def told(self) -> str:
        """What happened, in a line."""
        harms = ", ".join(f"{count} {name}" for name, count in sorted(self.harms.items()))
        states = ", ".join(f"{count} {name}" for name, count in sorted(self.states.items()))
        noes = len(self.done.answered_no)
        return f"{len(self.done.asked)} asked for: {states}; {len(self.sink.mails)} mails, {noes} said no; {harms}"


_SENDER = {"sender_name": BRAND.sender_name, "sender_email": BRAND.sender_email}


def _address(number: int) -> str:
    """Each tenth customer has the mailbox of the one before."""
    owner = number - 1 if number % 10 == 9 else number
    return f"p{owner}@d{owner % DOMAINS}.example"


def _record(message_id: object) -> str:
    return str(message_id).strip("<>").partition("@")[0]


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.01)
