"""Answers a second on the survey form, and how long until the stream and profile have one; beside a bare insert.

Feedback's pages run in one process, the rest of it (streams, relay, jobs) in another, profile in a third, all the
while. What was accepted is counted to the last answer, in the database and on the stream.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from sounding_contracts import topics
from sounding_contracts.brands import BrandChanged
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.dispatches import DispatchChanged

from benchmarks import machine
from benchmarks.events import Place, somewhere
from benchmarks.groups import until
from benchmarks.imports import is_ready
from benchmarks.processes import running, say, service, settings
from benchmarks.report import Report, percentiles
from benchmarks.respondents import form, post_all
from chassis import auth
from chassis import topics as topic_commands
from chassis.clock import now
from chassis.ids import derived_id
from chassis.settings import ChassisSettings
from chassis.tokens import Links
from deploy.local import resolve
from deploy.local.ports import free_port

WAYS = ("bare_insert", "feedback")
TARGETS = {"vs_bare_insert": 0.5}
CUSTOMERS = 50
BATCH = 2000
KEY = SecretStr("a key of the benchmark")
ATTRIBUTES = {
    "company": "Acme",
    "city": "Wien",
    "country": "AT",
    "tags": ["nps"],
    "properties": {"plan": "pro", "seats": 5},
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Row = dict[str, Any]
Measured = dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--posts", type=int, default=10_000, help="for each way and round")
    parser.add_argument("--at-once", type=int, default=100, help="so many people post at the same time")
    parser.add_argument("--rounds", type=int, default=3, help="each way is measured so often, in turns; medians count")
    parser.add_argument("--samples", type=int, default=300, help="answers followed to the stream and to profile")


@dataclass
class House:
    """What runs, and where."""

    place: Place
    urls: dict[str, str]
    client: httpx.AsyncClient
    rows: Any
    processes: dict[str, int] = field(default_factory=dict)
    customers: list[str] = field(default_factory=list)
    asked: int = 0

    async def ask(self, count: int, whom: Sequence[str] = ()) -> list[str]:
        """Tokens of so many new surveys, as if feedback had heard of them: of these in turn, else of one new customer each."""
        links, at = Links([KEY]), now()
        numbers = range(self.asked, self.asked + count)
        self.asked += count
        made = [_dispatch(number, whom[number % len(whom)] if whom else f"c{number}", at) for number in numbers]
        known = [{"_id": one["customer_id"], "seq": 1, **ATTRIBUTES} for one in made]
        for start in range(0, count, BATCH):
            await self.rows["dispatches"].insert_many(made[start : start + BATCH], ordered=False)
            if not whom:
                await self.rows["customers"].insert_many(known[start : start + BATCH], ordered=False)
        return [links.make("survey", one["_id"]) for one in made]


def _dispatch(number: int, customer_id: str, at: Any) -> Row:
    told = DispatchChanged(
        id=f"{number:032x}",
        customer_id=customer_id,
        campaign_id="nps",
        reason="recurring",
        state="sent",
        brand_id="b",
        requested_at=at,
        expires_at=at,
        sent_at=at - timedelta(minutes=1),
        changed_at=at,
    )
    return {**told.model_dump(), "_id": told.id, "seq": 1}


async def run(*, posts: int, at_once: int, rounds: int, samples: int) -> Report:
    """Measure each way in turns, then follow single answers."""
    with resolve.infrastructure(None, report=say) as at:
        async with somewhere(at.kafka, at.mongodb) as place, _house(place) as house:
            found: dict[str, list[Measured]] = {name: [] for name in WAYS}
            for number in range(rounds):
                for name in WAYS:
                    measured = await _posts(house, name, posts, at_once)
                    found[name].append(measured)
                    say(
                        f"{name}, {number + 1} of {rounds}: {measured['per_second']:,} posts/s, p99 {measured['p99']} s"
                    )
            await _check(house, posts * rounds)
            seen = await _follow(house, samples)
    median = {name: round(statistics.median(one["per_second"] for one in each)) for name, each in found.items()}
    worst = {name: statistics.median(one["p99"] for one in each) for name, each in found.items()}
    results = {
        "posts": posts,
        "at_once": at_once,
        "per_second": median,
        "p99_s": worst,
        "cpu_s_per_1000": {
            name: statistics.median(one["cpu_s_per_1000"] for one in each) for name, each in found.items()
        },
        "seen_s": seen,
        "exact": True,
        "each_round": found,
    }
    return Report(results, {"vs_bare_insert": round(median["feedback"] / median["bare_insert"], 3)}, TARGETS)


async def _posts(house: House, name: str, posts: int, at_once: int) -> Measured:
    tokens = await house.ask(posts) if name == "feedback" else [f"{number:032x}" for number in range(posts)]
    busy, cpu = machine.load(), cpu_seconds(house.processes[name])
    posted, seconds = await post_all(house.urls[name], tokens, at_once)
    cpu = cpu_seconds(house.processes[name]) - cpu
    if posted.refused:
        msg = f"{posted.refused} of {posts} answers were refused by {name}"
        raise RuntimeError(msg)
    if name == "feedback":
        await until(lambda: _nothing_waits(house), "not all was published")
    rates = {"per_second": round(posts / seconds), "cpu_s_per_1000": round(1000 * cpu / posts, 2)}
    return {**rates, **percentiles(posted.seconds), "load": busy}


def cpu_seconds(pid: int) -> float:
    """What a process has had of the processors so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _nothing_waits(house: House) -> bool:
    return await house.rows["_pending"].find_one({}, {"_id": 1}) is None


async def _check(house: House, posts: int) -> None:
    """Every answer that was accepted is stored once, and told: once, and once more where its comment was labelled. Raises."""

    async def is_exact() -> bool:
        seqs = {row["_id"]: row["seq"] async for row in house.rows["responses"].find({}, {"seq": 1})}
        told = [record.key async for record in _records(house)]
        return (len(seqs), len(told), len(set(told))) == (posts, sum(seqs.values()), posts)

    await until(is_exact, f"not exact: other than {posts} answers are stored, or told")


async def _records(house: House) -> AsyncIterator[Any]:
    async with _consumer(house) as consumer:
        places = [TopicPartition(_stream(house), number) for number in range(topics.FEEDBACK_RESPONSES.partitions)]
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(one) < end for one, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield record


@asynccontextmanager
async def _consumer(house: House) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=house.place.kafka, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign(
            [TopicPartition(_stream(house), number) for number in range(topics.FEEDBACK_RESPONSES.partitions)]
        )
        yield consumer
    finally:
        await consumer.stop()


def _stream(house: House) -> str:
    return f"{house.place.prefix}-{topics.FEEDBACK_RESPONSES.name}"


async def _follow(house: House, samples: int) -> dict[str, dict[str, float]]:
    """Seconds from the moment of posting until the answer was taken, on the stream, in profile: one after the other."""
    say("from post to the stream and to profile")
    seen: dict[str, float] = {}
    seconds: dict[str, list[float]] = {"accepted": [], "stream": [], "profile": []}
    async with _consumer(house) as consumer:
        await consumer.seek_to_end()
        reading = asyncio.create_task(_note(consumer, seen))
        for number, token in enumerate(await house.ask(samples, house.customers)):
            id_ = f"{house.asked - samples + number:032x}"
            customer, score = house.customers[int(id_, 16) % len(house.customers)], number // len(house.customers) % 11
            body = form(score)
            began = time.perf_counter()
            answer = await house.client.post(f"{house.urls['feedback']}/s/{token}", content=body, headers=FORM)
            answer.raise_for_status()
            seconds["accepted"].append(time.perf_counter() - began)
            profile = await until(lambda: _shown(house, customer, score), "profile does not show it", pause=0.005)  # noqa: B023 - awaited here
            seconds["profile"].append(profile - began)
            key = derived_id("response", id_)
            await until(lambda: _is_in(seen, key), "it is not on the stream", pause=0.005)  # noqa: B023
            seconds["stream"].append(seen[key] - began)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return {name: percentiles(each) for name, each in seconds.items()}


async def _note(consumer: AIOKafkaConsumer, seen: dict[str, float]) -> None:
    async for record in consumer:
        seen.setdefault((record.key or b"").decode(), time.perf_counter())


async def _is_in(seen: dict[str, float], key: str) -> bool:
    return key in seen


async def _shown(house: House, customer: str, score: int) -> bool:
    shown = await house.client.get(f"{house.urls['profile']}/v1/customers/{customer}")
    return bool(shown.raise_for_status().json()["last_score"] == score)


@asynccontextmanager
async def _house(place: Place) -> AsyncIterator[House]:
    key, known = auth.make_key("benchmark", ["*"])
    keys = json.dumps([known.model_dump(mode="json")])
    ports = {name: free_port() for name in ("profile", *WAYS)}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    chassis = ChassisSettings(kafka=place.kafka, mongodb=SecretStr(place.mongodb), topic_prefix=f"{place.prefix}-")
    await topic_commands.create(chassis, topics.ALL, replicas=1)
    programs: Sequence[tuple[list[str], int]] = (
        (
            [sys.executable, "-m", "benchmarks.bare_answers", str(ports["bare_insert"]), place.mongodb, place.prefix],
            ports["bare_insert"],
        ),
        (service("profile"), ports["profile"]),
        (service("feedback", "streams", "relay", "jobs"), 0),
        (service("feedback", "http"), ports["feedback"]),
    )
    async with AsyncExitStack() as stack:
        processes = {}
        for argv, port in programs:
            more = {"SOUNDING_API_KEYS": keys, "SOUNDING_HTTP_PORT": str(port)}
            own = settings(place.kafka, place.mongodb, place.prefix, **more)
            processes[port] = (await stack.enter_async_context(running(argv, own))).pid
        headers = {"Authorization": f"Bearer {key}"}
        client = await stack.enter_async_context(httpx.AsyncClient(headers=headers, trust_env=False, timeout=60))
        mongodb: AsyncIOMotorClient[Row] = AsyncIOMotorClient(place.mongodb)
        pids = {name: processes[port] for name, port in ports.items()}
        house = House(place, urls, client, mongodb[f"{place.prefix}_feedback"], pids)
        await asyncio.gather(*map(_up, urls.values()))
        await _prepare(house)
        try:
            yield house
        finally:
            for name in (f"{place.prefix}_feedback", place.prefix):
                await mongodb.drop_database(name)
            mongodb.close()


async def _up(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        await until(lambda: is_ready(client), f"{url} is not ready", pause=0.2)


async def _prepare(house: House) -> None:
    """Customers whom profile made and feedback has heard of; a campaign and a brand as if it had."""
    at = now()
    for number in range(CUSTOMERS):
        draft = {"email": f"person{number}@example.com", "first_name": "Ada", "country": "AT", "tags": ["nps"]}
        made = await house.client.post(f"{house.urls['profile']}/v1/customers", json=draft)
        house.customers.append(made.raise_for_status().json()["id"])
    campaign = CampaignChanged(
        id="nps",
        name="Relationship NPS",
        kind="recurring_email",
        metric="nps",
        state="active",
        version=1,
        template_id="t",
        brand_id="b",
        created_at=at,
        changed_at=at,
    )
    brand = BrandChanged(
        id="b", name="Northlight", sender_name="Northlight", sender_email="ask@northlight.example", changed_at=at
    )
    await house.rows["campaigns"].insert_one({**campaign.model_dump(), "_id": "nps", "seq": 1})
    await house.rows["brands"].insert_one({**brand.model_dump(), "_id": "b", "seq": 1})

    async def are_known() -> bool:
        return bool(await house.rows["customers"].count_documents({}) == CUSTOMERS)

    await until(are_known, "feedback has not heard of the customers")
