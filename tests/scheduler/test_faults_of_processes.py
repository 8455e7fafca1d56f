"""Whatever dies at whatever point of claim and publish, and whatever the clocks say: each is asked once."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sounding_contracts import topics
from sounding_contracts.dispatches import DispatchRequested

from chassis import clock
from chassis.mongo import Database
from chassis.service import Service
from services.scheduler import jobs, store
from services.scheduler.commands import campaigns, projections
from services.scheduler.domain.campaign import activate
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.scheduler.claimer_process import BEFORE_COMMIT, POINTS
from tests.scheduler.conftest import is_fresh
from tests.scheduler.events import NPS, customer, requests
from tests.waiting import eventually

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PEOPLE = ("ada", "bob", "eve")
Process = asyncio.subprocess.Process
Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(deployment: Deployment) -> AsyncIterator[Start]:
    """Starts a claimer as a process; none outlives the test."""
    started: list[Process] = []

    async def one(*arguments: str) -> Process:
        chassis = deployment.settings
        environment = {
            **os.environ,
            "SOUNDING_KAFKA": chassis.kafka,
            "SOUNDING_MONGODB": chassis.mongodb.get_secret_value(),
            "SOUNDING_TOPIC_PREFIX": chassis.topic_prefix,
            "SOUNDING_DATABASE_PREFIX": chassis.database_prefix,
            "SOUNDING_HTTP_PORT": "0",
            "SOUNDING_SIGNING_KEYS": json.dumps([key.get_secret_value() for key in chassis.signing_keys]),
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.scheduler.claimer_process", *arguments),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def due(deployment: Deployment) -> AsyncIterator[Database]:
    """The database of a scheduler at rest, in which everyone is due."""
    service = build(Settings(chassis=deployment.settings))
    await service.prepare()
    database = service.database
    values = {**NPS, "template_id": "t", "brand_id": "b"}
    id_ = str(values.pop("id"))
    await database.transact(lambda tx: campaigns.create_campaign(tx, id_, values, clock.now()))
    await database.transact(lambda tx: campaigns.move_campaign(tx, id_, activate, expected_seq=None, now=clock.now()))

    async def follow(tx: store.Reader) -> None:
        changed = await projections.follow_customers(tx, [customer(one) for one in PEOPLE])  # type: ignore[arg-type,misc]
        await projections.derive_profiles(tx, changed, clock.now())  # type: ignore[arg-type]

    await database.transact(follow)
    await is_fresh(database)
    yield database
    database.close()


async def asked(deployment: Deployment, *, processes: int = 1) -> list[DispatchRequested]:
    """What was asked for once schedulers have gone through all that is due."""
    async with AsyncExitStack() as stack:
        for _ in range(processes):
            service: Service = build(Settings(chassis=deployment.settings))
            await stack.enter_async_context(deployment.client(service, "jobs", "relay"))

        async def everyone() -> list[DispatchRequested]:
            found = await requests(deployment)
            assert {one.customer_id for one in found} == set(PEOPLE)
            return found

        return await eventually(everyone, within=30)


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_point_of_claim_and_publish_each_is_asked_once(
    deployment: Deployment, due: Database, start: Start, point: str
) -> None:
    process = await start("--at", point)
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    claimed = await due.collection(store.OCCURRENCES).count_documents({})
    if point in BEFORE_COMMIT:
        assert claimed == 0

    found = await asked(deployment)

    # A record may stand twice in the topic, as the same event: readers know it by its id.
    assert {(one.customer_id, one.cycle) for one in found} == {(id_, 1) for id_ in PEOPLE}
    assert len({one.dispatch_id for one in found}) == len(PEOPLE)
    assert await due.collection(store.OCCURRENCES).count_documents({}) == len(PEOPLE)


async def test_a_request_that_is_stored_before_its_claim_is_there_without_one(
    deployment: Deployment, due: Database, start: Start
) -> None:
    """The wrong variant: killed between the two, there is a request that nobody has claimed."""
    process = await start("--request-first")
    await asyncio.wait_for(process.wait(), 60)

    subjects = due.collection("_pending").find({"topic": topics.SCHEDULER_DISPATCH_REQUESTS.name})
    assert await subjects.to_list(None)
    assert await due.collection(store.OCCURRENCES).count_documents({}) == 0


@pytest.mark.parametrize("offsets", [(0, 0, -60), (5, 0, -5)], ids=["f38-a-step-of-an-hour", "f55-minutes-apart"])
async def test_f38_f55_processes_whose_clocks_differ_ask_once(
    deployment: Deployment, due: Database, monkeypatch: pytest.MonkeyPatch, offsets: tuple[int, ...]
) -> None:
    """Three schedulers run at once; each look at the clock is answered by another of them."""
    looks = iter(range(10**9))

    def now() -> object:
        return clock.now() + timedelta(minutes=offsets[next(looks) % len(offsets)])

    monkeypatch.setattr(jobs, "now", now)

    found = await asked(deployment, processes=3)

    assert sorted(one.customer_id for one in found) == sorted(PEOPLE)
    assert await due.collection(store.OCCURRENCES).count_documents({}) == len(PEOPLE)
