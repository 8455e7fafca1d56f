"""Whatever dies at whatever point of claim and publish, and whatever the clocks say: each is asked once."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from sounding_contracts import topics
from sounding_contracts.dispatches import DispatchRequested

from chassis import clock
from chassis.mongo import Database, Transaction
from chassis.service import Service
from chassis.tokens import Links
from deploy.local.ports import free_port
from services.scheduler import jobs, store
from services.scheduler.commands import campaigns, occurrences, projections
from services.scheduler.commands.triggers import take_triggers
from services.scheduler.domain.campaign import activate
from services.scheduler.events import dispatch_requested
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.store.collections import IN_APP, REMINDERS
from services.scheduler.views.in_app import PURPOSE
from tests.deployment import Deployment
from tests.scheduler.claimer_process import POINTS
from tests.scheduler.conftest import is_fresh
from tests.scheduler.events import NPS, customer, record, requests
from tests.scheduler.test_in_app import APP
from tests.scheduler.test_triggers import ORDER, happened
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PEOPLE = ("ada", "bob", "eve")
KILLED = -signal.SIGKILL
Live = Callable[..., Coroutine[Any, Any, int]]


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """A process that has schedulers as its children: to fork one takes a moment, to import one takes seconds."""
    command = [sys.executable, "-m", "tests.scheduler.claimer_process"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield started
        assert started.stdin is not None
        started.stdin.close()


@pytest.fixture
def live(bare: Deployment, nursery: subprocess.Popen[str]) -> Live:
    """Lets a scheduler live until it is dead, and gives its exit code; each takes one customer at a time."""
    chassis, mongodb = bare.settings, bare.settings.mongodb.get_secret_value()
    environment = {
        "SOUNDING_KAFKA": chassis.kafka,
        "SOUNDING_MONGODB": f"{mongodb}&appName={chassis.database_prefix}",
        "SOUNDING_TOPIC_PREFIX": chassis.topic_prefix,
        "SOUNDING_DATABASE_PREFIX": chassis.database_prefix,
        "SOUNDING_SIGNING_KEYS": json.dumps([key.get_secret_value() for key in chassis.signing_keys]),
        "SOUNDING_LEASE_SECONDS": "1",
        "SOUNDING_SCHEDULER_CLAIM_BATCH": "1",
        "SOUNDING_SCHEDULER_RECALCULATE_BATCH": "1",
    }

    def ask(line: str) -> int:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.write(f"{line}\n")
        nursery.stdin.flush()
        died = int(nursery.stdout.readline())
        bury(mongodb, chassis.database_prefix)
        return died

    async def one(job: str, at: str | None = None, *, wrong: str | None = None, port: int = 0) -> int:
        here = {**environment, "SOUNDING_HTTP_PORT": str(port)}
        return await asyncio.to_thread(ask, json.dumps({"environment": here, "job": job, "at": at, "wrong": wrong}))

    return one


def bury(mongodb: str, name: str) -> None:
    """End the transactions that a killed process has left: by itself MongoDB does so half a minute later."""
    left: list[dict[str, Any]] = [{"$currentOp": {"allUsers": True, "idleSessions": True}}]
    left += [{"$match": {"appName": name, "transaction": {"$exists": True}}}]
    with MongoClient[dict[str, Any]](mongodb) as client:
        sessions = [{"lsid": row["lsid"]} for row in client.admin.aggregate(left)]
        if sessions:
            client.admin.command("killAllSessionsByPattern", sessions)


@pytest.fixture
async def database(bare: Deployment) -> AsyncIterator[Database]:
    """The database of a scheduler at rest."""
    service = build(Settings(chassis=bare.settings))
    await service.prepare()
    await is_fresh(service.database)
    yield service.database
    service.database.close()


@pytest.fixture
async def due(database: Database) -> Database:
    """One in which everyone is due."""
    await run_campaign(database)
    await follow(database)
    return database


async def run_campaign(database: Database, **more: Any) -> None:
    values: dict[str, Any] = {**NPS, "template_id": "t", "brand_id": "b", **more}
    id_ = str(values.pop("id"))
    await database.transact(lambda tx: campaigns.create_campaign(tx, id_, values, clock.now()))
    await database.transact(lambda tx: campaigns.move_campaign(tx, id_, activate, expected_seq=None, now=clock.now()))


async def follow(database: Database) -> None:
    """What the handler of the customers' stream does."""

    async def work(tx: Transaction) -> None:
        events = [customer(one, canonical_email=f"{one}@example.com") for one in PEOPLE]
        changed = await projections.follow_customers(tx, events)  # type: ignore[arg-type]
        await projections.derive_profiles(tx, changed, clock.now())

    await database.transact(work)


async def triggered(database: Database) -> None:
    """Something happened to everyone, and a survey is to follow now."""
    await run_campaign(database, **ORDER)
    await follow(database)
    events: Sequence[Any] = [happened(f"order of {one}", who=one) for one in PEOPLE]
    await database.transact(lambda tx: take_triggers(tx, events, clock.now()))


async def unanswered(database: Database) -> None:
    """Everyone was sent a survey three days ago and has not opened it."""
    await run_campaign(database, reminders=[{"after_hours": 48, "condition": "not_opened"}])
    await follow(database)
    await database.transact(lambda tx: occurrences.claim_due(tx, PEOPLE, clock.now()))

    async def sent(tx: Transaction) -> None:
        claimed = await store.known_occurrences(tx, [f"nps|{one}|1" for one in PEOPLE])
        at = clock.now() - timedelta(days=3)
        events: Any = [record(dispatch_requested(one), 1, "sent", sent_at=at) for one in claimed.values()]
        changed = await projections.follow_records(tx, events)
        await projections.derive_surveys(tx, changed, clock.now())

    await database.transact(sent)


async def everyone_due(database: Database) -> None:
    await run_campaign(database)
    await follow(database)


BEGIN: dict[str, tuple[Callable[[Database], Awaitable[None]], str]] = {
    "due": (everyone_due, "initial"),
    "triggers": (triggered, "transactional"),
    "reminders": (unanswered, "reminder"),
}
"""How it comes that everyone is to be asked, and the reason that the requests then have."""


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

        return await eventually(everyone)


async def forget_what_is_pending(database: Database) -> int:
    """Only what comes from here on is to be published; how many claims there are already."""
    await database.collection("_pending").delete_many({})
    return await claims(database)


async def claims(database: Database) -> int:
    return await database.collection(store.OCCURRENCES).count_documents({})


@pytest.mark.parametrize("job", BEGIN)
async def test_killed_at_every_point_of_claim_and_publish_each_is_asked_once(
    deployment: Deployment, database: Database, live: Live, job: str
) -> None:
    """One scheduler after the other dies, each at a later point than the one before it; then one lives."""
    begin, reason = BEGIN[job]
    await begin(database)
    before = await forget_what_is_pending(database)

    seen = []
    for point in POINTS:
        assert await live(job, point) == KILLED
        seen.append(await claims(database) - before)
    found = await asked(deployment)

    assert seen[:3] == [0, 0, 1], "what dies before its commit has claimed nothing"
    assert seen[3] >= 1
    # A record may stand twice in the topic, as the same event: readers know it by its id.
    assert {(one.customer_id, one.cycle, one.reason) for one in found} == {(id_, 1, reason) for id_ in PEOPLE}
    assert len({one.dispatch_id for one in found}) == len(PEOPLE)
    assert await claims(database) - before == len(PEOPLE)
    assert await database.collection(REMINDERS).count_documents({"due_at": {"$exists": True}}) == 0


async def test_a_survey_in_the_app_is_claimed_once_whenever_its_scheduler_is_killed(
    deployment: Deployment, database: Database, live: Live
) -> None:
    """The app says that it was shown until somebody answers."""
    await run_campaign(database, **APP)
    await follow(database)
    await forget_what_is_pending(database)
    show = Links(deployment.settings.signing_keys).make(PURPOSE, "1|0|ada|app")

    async def say(url: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as app:
            return await app.post("/in-app/v1/shown", json={"show": show})

    async def kill(point: str) -> int:
        port = free_port()
        dead = asyncio.create_task(live("in-app", point, port=port))

        async def said_to_death() -> bool:
            with suppress(httpx.HTTPError):
                await say(f"http://127.0.0.1:{port}")
            return dead.done()

        await eventually(said_to_death, within=60)
        return await dead

    seen = []
    for point in POINTS:
        assert await kill(point) == KILLED
        seen.append(await claims(database))
    async with deployment.client(build(Settings(chassis=deployment.settings)), "http", "relay") as app:
        answer = await app.post("/in-app/v1/shown", json={"show": show})
        found = await requests(deployment)

    assert seen == [0, 0, 1, 1]
    assert answer.status_code == 200, answer.text
    assert {(one.customer_id, one.cycle, one.channel) for one in found} == {("ada", 1, "in_app")}
    assert {one.dispatch_id for one in found} == {answer.json()["dispatch_id"]}
    (kept,) = await database.collection(IN_APP).find().to_list(None)
    assert kept["shown"] == answer.json()["shown"] >= 2


async def later(database: Database) -> None:
    """The first survey was to come after ten days; now the campaign says twenty, and everyone is to be looked at."""
    await run_campaign(database, schedule={"first_after_days": 10})
    await follow(database)
    edit = {"schedule": {"first_after_days": 20}}
    await database.transact(lambda tx: campaigns.edit_campaign(tx, "nps", edit, expected_seq=None, now=clock.now()))


async def outdated(database: Database) -> int:
    version, _ = await store.rules_version(database)
    _, left = await store.outdated_count(database, version)
    return left


async def test_a_look_at_everyone_goes_on_where_it_was_killed(
    deployment: Deployment, database: Database, live: Live
) -> None:
    await later(database)
    await forget_what_is_pending(database)

    left = []
    for point in ("saved", "committed", "published"):
        assert await live("recalculate", point) == KILLED
        left.append(await outdated(database))
    async with deployment.client(build(Settings(chassis=deployment.settings)), "jobs:recalculate", "relay"):

        async def all_told() -> dict[str, list[Any]]:
            events = await deployment.events(topics.SCHEDULER_NEXT_SURVEYS)
            assert {one.subject for one in events} == set(PEOPLE)
            return {id_: [one for one in events if one.subject == id_] for id_ in PEOPLE}

        found = await eventually(all_told)

    assert left[:2] == [3, 2], "what dies before its commit has looked at nobody"
    assert await outdated(database) == 0
    for of_one in found.values():
        assert {one.seq for one in of_one} == {2}, "each date is told once"
        assert len({one.data.at for one in of_one}) == 1


async def test_a_request_that_is_stored_before_its_claim_is_there_without_one(due: Database, live: Live) -> None:
    """The wrong variant: killed between the two, there is a request that nobody has claimed."""
    await live("due", wrong="request-first")

    subjects = due.collection("_pending").find({"topic": topics.SCHEDULER_DISPATCH_REQUESTS.name})
    assert await subjects.to_list(None)
    assert await claims(due) == 0


async def test_a_look_that_is_noted_before_it_is_stored_is_lost(database: Database, live: Live) -> None:
    """The wrong variant: killed between the two, somebody keeps the old date for ever."""
    await later(database)
    await live("recalculate", wrong="version-first")

    rules_now, _ = await store.rules_version(database)
    (row,) = await database.collection(store.LOOKS).find({"version": rules_now}).to_list(None)
    lost = row["_id"]
    kept = await store.customer(database, lost)
    assert kept is not None
    assert kept.next is not None
    assert kept.profile is not None
    assert kept.next.at == kept.profile["created_at"] + timedelta(days=10)


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
