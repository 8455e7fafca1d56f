"""Claims and recalculation: any number of processes, stopped anywhere, each survey asked for once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis.clock import now
from chassis.mongo import Database, Transaction
from chassis.service import Service
from services.scheduler import store
from services.scheduler.commands import campaigns, customers, endings, occurrences, projections, rules
from services.scheduler.domain.campaign import activate, pause
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.store import endings as kept
from tests.deployment import Deployment
from tests.scheduler.events import NPS, customer, next_survey, record, requests, start_campaign, told, until
from tests.waiting import eventually

MANY = 120


@pytest.fixture
async def service(bare: Deployment) -> AsyncIterator[Service]:
    """A scheduler of which nothing runs: the test does its work step by step."""
    made = build(Settings(chassis=bare.settings))
    await made.prepare()
    yield made
    made.database.close()


@pytest.fixture
async def db(service: Service) -> Database:
    return service.database


async def follow(db: Database, *ids: str) -> None:
    """What the handler of the customers' stream does."""

    async def work(tx: Transaction) -> None:
        changed = await projections.follow_customers(tx, [customer(id_) for id_ in ids])  # type: ignore[misc]
        await projections.derive_profiles(tx, changed, now())

    await db.transact(work)


async def make_campaign(db: Database, **more: Any) -> None:
    values = {**NPS, "template_id": "t", "brand_id": "b", **more}
    id_ = values.pop("id")
    await db.transact(lambda tx: campaigns.create_campaign(tx, str(id_), values, now()))
    await move(db, activate)


async def move(db: Database, to: Any) -> None:
    def rule(tx: Transaction) -> Any:
        return campaigns.move_campaign(tx, "nps", to, expected_seq=None, now=now())

    await db.transact(rule)


async def claim(db: Database, *ids: str, at: datetime | None = None) -> int:
    return await db.transact(lambda tx: occurrences.claim_due(tx, ids, at or now()))


async def pending(db: Database, topic: str) -> list[str]:
    return [row["subject"] async for row in db.collection("_pending").find({"topic": topic})]


REQUESTS = topics.SCHEDULER_DISPATCH_REQUESTS.name


async def test_two_schedulers_at_once_ask_for_each_survey_once(deployment: Deployment) -> None:
    ids = [f"c{number}" for number in range(MANY)]
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(deployment.client(build(Settings(chassis=deployment.settings))))
            for _ in range(2)
        ]
        await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, ids[: MANY // 2]))
        await start_campaign(clients[0])
        await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, ids[MANY // 2 :]))
        await requests(deployment, MANY)
        for id_ in ids:
            await until(clients[1], id_, reason="recurring")

    found = await requests(deployment, MANY)
    assert sorted(one.customer_id for one in found) == sorted(ids)
    assert {(one.campaign_id, one.cycle) for one in found} == {("nps", 1)}
    assert len({one.dispatch_id for one in found}) == MANY


async def test_many_claims_of_the_same_customers_at_once_ask_once(bare: Deployment, db: Database) -> None:
    ids = [f"c{number}" for number in range(20)]
    await make_campaign(db)
    await follow(db, *ids)
    others = [build(Settings(chassis=bare.settings)).database for _ in range(3)]

    begun = await asyncio.gather(*(claim(one, *ids) for one in (db, *others) for _ in range(2)))

    assert sum(begun) == len(ids)
    assert len(await pending(db, REQUESTS)) == len(ids)
    for one in others:
        one.close()


async def test_a_clock_that_steps_back_an_hour_asks_for_nothing_twice(db: Database) -> None:
    """F38, this side: the occurrence is fired on three processes, and again after a step of -1 h."""
    await make_campaign(db)
    await follow(db, "ada")
    moment = now()

    begun = [
        await claim(db, "ada", at=at)
        for at in (moment, moment, moment - timedelta(hours=1), moment + timedelta(hours=1))
    ]

    assert begun == [1, 0, 0, 0]
    assert len(await pending(db, REQUESTS)) == 1


async def test_two_schedulers_with_clocks_minutes_apart_ask_once(db: Database) -> None:
    await make_campaign(db)
    await follow(db, "ada")
    moment = now()

    begun = [await claim(db, "ada", at=moment + timedelta(minutes=ahead)) for ahead in (5, 0, 5, 0)]

    assert begun == [1, 0, 0, 0]


class KilledError(Exception):
    """The process ended here."""


async def test_a_scheduler_that_dies_between_claim_and_commit_has_claimed_nothing(db: Database) -> None:
    await make_campaign(db)
    await follow(db, "ada")

    async def work(tx: Transaction) -> None:
        assert await occurrences.claim_due(tx, ["ada"], now()) == 1
        raise KilledError

    with pytest.raises(KilledError):
        await db.transact(work)

    assert await db.collection(store.OCCURRENCES).count_documents({}) == 0
    assert await pending(db, REQUESTS) == []
    assert await claim(db, "ada") == 1


async def test_an_occurrence_that_is_claimed_already_is_not_asked_for_again(db: Database) -> None:
    """The customer's own memory of the claim is lost, as after a restore of one collection."""
    await make_campaign(db)
    await follow(db, "ada")
    await claim(db, "ada")
    await db.collection(store.CUSTOMERS).update_one({"_id": "ada"}, {"$set": {"claims": []}})

    await claim(db, "ada")

    assert len(await pending(db, REQUESTS)) == 1
    kept = await db.collection(store.CUSTOMERS).find_one({"_id": "ada"})
    assert kept is not None
    assert kept["claims"][0][1]["cycle"] == 1
    assert kept["next"]["reason"] == "recurring"


async def test_a_date_computed_under_older_rules_is_never_acted_on(db: Database) -> None:
    await make_campaign(db)
    await follow(db, "ada")
    assert await store.due_ids(db, now(), 10) == ["ada"]

    await move(db, pause)

    assert await claim(db, "ada") == 0
    assert await pending(db, REQUESTS) == []
    assert await store.due_ids(db, now(), 10) == []


async def test_a_change_of_rules_marks_every_customer(db: Database) -> None:
    await make_campaign(db)
    await follow(db, "ada", "bob")
    assert await store.outdated_ids(db, 10) == []

    await db.transact(lambda tx: rules.set_rules(tx, {"quiet_period_days": 5, "timezone": "UTC"}))

    outdated = await store.outdated_ids(db, 10) + await store.outdated_ids(db, 10)
    assert set(outdated) <= {"ada", "bob"}
    while ids := await store.outdated_ids(db, 1):
        await db.transact(lambda tx, ids=ids: customers.recalculate(tx, ids, now()))  # type: ignore[misc]
    kept = [row["version"] async for row in db.collection(store.LOOKS).find()]
    assert len(set(kept)) == 1


async def test_a_customer_computed_while_the_rules_changed_is_looked_at_again(db: Database) -> None:
    """The event's transaction began before the change and ended after it."""
    await make_campaign(db)
    paused = asyncio.Event()

    async def work(tx: Transaction) -> None:
        changed = await projections.follow_customers(tx, [customer("ada")])  # type: ignore[list-item]
        await projections.derive_profiles(tx, changed, now())
        if not paused.is_set():
            await move(db, pause)
            paused.set()

    await db.transact(work)

    assert await store.outdated_ids(db, 10) == ["ada"]


async def test_what_is_looked_for_all_the_time_is_found_by_index(db: Database) -> None:
    await follow(db, *(f"c{number}" for number in range(50)))
    looks = db.collection(store.LOOKS)
    in_line = {"lane": store.THE_LINE, "at": {"$lte": now()}}, [("at", 1), ("place", 1)]
    due = {"lane": {"$gte": 3}, "at": {"$lte": now()}}, [("lane", 1)]
    outdated = {"bucket": {"$gte": 3}, "version": {"$lt": 7}}, [("bucket", 1)]
    for query, order in (in_line, due, outdated):
        cursor = looks.find(query).sort(order).limit(10)
        plan = str((await cursor.explain())["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in plan
        assert "COLLSCAN" not in plan
        assert "'SORT'" not in plan


async def test_a_campaign_that_is_edited_moves_every_date(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(f"c{number}") for number in range(30)))
    await start_campaign(scheduler, schedule={"first_after_days": 10})
    before = await until(scheduler, "c7", reason="first")

    edited = await scheduler.patch("/v1/campaigns/nps", json={"schedule": {"first_after_days": 20}})

    assert edited.status_code == 200, edited.text
    moved = datetime.fromisoformat(before["at"]) + timedelta(days=10)

    async def all_moved() -> bool:
        last = {event.subject: event.data for event in await deployment.events(topics.SCHEDULER_NEXT_SURVEYS)}
        assert len(last) == 30
        assert all(one is not None and one.at is not None for one in last.values())
        return last["c7"] is not None and last["c7"].at == moved

    await eventually(all_moved)
    assert await requests_of(deployment) == []


async def requests_of(deployment: Deployment) -> Sequence[Any]:
    return await deployment.events(topics.SCHEDULER_DISPATCH_REQUESTS)


async def test_work_made_by_another_process_is_seen_soon(deployment: Deployment) -> None:
    settings = Settings(chassis=deployment.settings)
    async with (
        deployment.client(build(settings), "http", "streams", "relay") as without_jobs,
        deployment.client(build(settings), "jobs"),
    ):
        await start_campaign(without_jobs)
        await deployment.publish(topics.PROFILE_CUSTOMERS, customer("bob"))
        await requests(deployment)
        await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
        await eventually(lambda: next_survey(without_jobs, "ada"))

        (request,) = [one for one in await requests(deployment, 2) if one.customer_id == "ada"]

    assert request.requested_at - (await _told_at(deployment)) < timedelta(seconds=10)


async def _told_at(deployment: Deployment) -> datetime:
    (first, *_) = await told(deployment, "ada")
    assert first is not None
    return first.changed_at


async def test_what_becomes_due_goes_out_without_waiting_for_the_next_look(deployment: Deployment) -> None:
    """The next look is a minute away: only the bell that rings on each commit can be in time."""
    settings = Settings(chassis=deployment.settings, poll_seconds=60)
    async with deployment.client(build(settings)) as scheduler:
        await start_campaign(scheduler)
        await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(f"c{number}") for number in range(20)))

        assert len(await requests(deployment, 20)) == 20


async def test_after_a_reset_a_new_round_begins(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    (first,) = await requests(deployment)
    await deployment.publish(topics.OUTBOX_DISPATCHES, record(first, 1, "sent", sent_at=first.requested_at))
    await until(
        scheduler, "ada", reason="recurring", last_survey_at=first.requested_at.isoformat().replace("+00:00", "Z")
    )

    reset = await scheduler.post("/v1/customers/ada/reset-last-survey")

    assert reset.status_code == 200, reset.text
    _, second = await requests(deployment, 2)
    assert (second.cycle, second.reason) == (2, "initial")
    assert second.dispatch_id != first.dispatch_id


async def test_a_one_time_campaign_does_not_end_over_surveys_claimed_while_it_is_looked_at(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_campaign(db, kind="one_time_email", schedule={})
    await follow(db, "ada", "bob")
    looked = []

    def asks_all_meanwhile(look: Any) -> Any:
        async def then(*arguments: Any) -> Any:
            found = await look(*arguments)
            looked.append(look.__name__)
            await claim(db, "ada", "bob")
            return found

        return then

    monkeypatch.setattr(kept, "under_way", asks_all_meanwhile(kept.under_way))
    assert await endings.end_what_is_through(db, timedelta(0), now()) == []

    await claim(db, "ada", "bob")
    assert await endings.end_what_is_through(db, timedelta(0), now()) == []
    assert looked == ["under_way"]
