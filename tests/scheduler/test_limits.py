"""Caps, rests, refusals and audiences that look back, where they are claimed and stored."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sounding_contracts import topics
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.envelope import Event

from chassis.clock import now
from chassis.mongo import Database, Transaction
from services.scheduler import store
from services.scheduler.commands import campaigns, customers, occurrences, projections
from services.scheduler.domain.campaign import activate, pause
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.scheduler.events import NPS, customer

MANY, CAP = 12, 3


@pytest.fixture
async def db(bare: Deployment) -> AsyncIterator[Database]:
    """A scheduler's database; nothing runs, the test does the work step by step."""
    made = build(Settings(chassis=bare.settings))
    await made.prepare()
    yield made.database
    made.database.close()


async def start(db: Database, **more: Any) -> None:
    values = {**NPS, "template_id": "t", "brand_id": "b", **more}
    id_ = str(values.pop("id"))
    await db.transact(lambda tx: campaigns.create_campaign(tx, id_, values, now()))
    await db.transact(lambda tx: campaigns.move_campaign(tx, id_, activate, expected_seq=None, now=now()))


async def follow(db: Database, *ids: str, **more: Any) -> None:
    async def work(tx: Transaction) -> None:
        changed = await projections.follow_customers(tx, [customer(id_, **more) for id_ in ids])  # type: ignore[misc]
        await projections.derive_profiles(tx, changed, now())

    await db.transact(work)


async def hear(db: Database, id_: str, **more: Any) -> None:
    data = DeliverabilityChanged(customer_id=id_, changed_at=now(), **more)
    topic = topics.OUTBOX_DELIVERABILITY
    event = Event(id=f"{id_}:1", source=topic.source, type=data.type, subject=id_, time=now(), data=data, seq=1)

    async def work(tx: Transaction) -> None:
        changed = await projections.follow_deliverability(tx, [event])
        await projections.derive_deliverability(tx, changed, now())

    await db.transact(work)


async def claim(db: Database, *ids: str, at: datetime | None = None) -> int:
    return await db.transact(lambda tx: occurrences.claim_due(tx, ids, at or now()))


async def asked(db: Database) -> list[str]:
    query = {"topic": topics.SCHEDULER_DISPATCH_REQUESTS.name}
    return [row["subject"] async for row in db.collection("_pending").find(query)]


async def next_of(db: Database, id_: str) -> dict[str, Any]:
    document = await db.collection(store.CUSTOMERS).find_one({"_id": id_})
    assert document is not None
    found: dict[str, Any] = document["next"]
    return found


async def claim_at_once(bare: Deployment, db: Database, ids: list[str]) -> None:
    """Four schedulers at the same time, each with some of the customers."""
    others = [build(Settings(chassis=bare.settings)).database for _ in range(3)]
    await asyncio.gather(*(claim(one, *ids[number::4]) for number, one in enumerate((db, *others))))
    for one in others:
        one.close()


async def test_schedulers_at_once_keep_the_daily_cap(bare: Deployment, db: Database) -> None:
    ids = [f"c{number}" for number in range(MANY)]
    await start(db, daily_cap=CAP)
    await follow(db, *ids)

    await claim_at_once(bare, db, ids)

    assert len(await asked(db)) == CAP
    assert await store.due_ids(db, now(), MANY) == []
    waiting = [found for found in [await next_of(db, id_) for id_ in ids] if found["held_by"] == ["daily-cap"]]
    days = sorted((found["at"].date() - now().date()).days for found in waiting)
    assert days == [1, 1, 1, 2, 2, 2, 3, 3, 3]


async def test_a_cap_that_is_not_counted_in_the_claim_is_noticed(
    bare: Deployment, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(*_: object) -> None:
        return

    monkeypatch.setattr(store, "put_cap_days", forget)
    ids = [f"c{number}" for number in range(MANY)]
    await start(db, daily_cap=CAP)
    await follow(db, *ids)

    await claim_at_once(bare, db, ids)

    assert len(await asked(db)) > CAP


async def test_a_stopped_scheduler_catches_up_a_cap_a_day_and_first_who_was_first(db: Database) -> None:
    """Everyone has been due for days; each day's claims are made at its noon, all at once."""
    ids = [f"c{number}" for number in range(8)]
    await start(db, daily_cap=CAP)
    for number, id_ in enumerate(ids):
        await follow(db, id_, created_at=now() + timedelta(seconds=number))
    sent = []
    for day in range(1, 4):
        noon = now() + timedelta(days=day)
        due = await store.due_ids(db, noon, 100)
        sent.append(await claim(db, *due, at=noon))

    assert sent == [3, 3, 2]
    rows = db.collection(store.OCCURRENCES).find().sort([("not_before", 1), ("customer_id", 1)])
    assert [row["customer_id"] async for row in rows] == ids


async def test_who_asked_for_a_rest_or_refused_is_not_asked(db: Database) -> None:
    await start(db)
    await follow(db, "ada", "bob", "cid")
    await hear(db, "ada", paused_until=now() + timedelta(days=90))
    await hear(db, "bob", refused_campaigns=["nps"])
    await hear(db, "cid", refused_brands=["b"])

    assert await claim(db, "ada", "bob", "cid") == 0
    assert (await next_of(db, "ada"))["held_by"] == ["paused"]
    assert [(await next_of(db, id_))["reason"] for id_ in ("bob", "cid")] == ["refused", "refused"]


async def test_whoever_begins_to_match_with_time_is_looked_at_then(db: Database) -> None:
    await start(db, audience={"field": "created_at", "op": "lt", "value": {"days_ago": 30}})
    await follow(db, "ada", created_at=now() - timedelta(days=29))

    assert await store.due_ids(db, now(), 10) == []
    tomorrow = now() + timedelta(days=1, seconds=1)
    assert await store.due_ids(db, tomorrow, 10) == ["ada"]
    assert await claim(db, "ada", at=tomorrow) == 1


async def test_a_claim_that_trusts_the_stored_date_is_noticed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign was paused after the date was stored; only a claim that decides anew asks for nobody."""
    await start(db)
    await follow(db, "ada")
    running = await store.running(store.Outside(db), now())
    await db.transact(lambda tx: campaigns.move_campaign(tx, "nps", pause, expected_seq=None, now=now()))
    assert await claim(db, "ada") == 0

    async def as_it_was(*_: object) -> Any:
        return running

    await follow(db, "bob")
    await db.collection(store.CUSTOMERS).update_one({"_id": "ada"}, {"$set": {"due_at": now()}})
    monkeypatch.setattr(store, "running", as_it_was)
    assert await claim(db, "ada") == 1


async def test_looking_again_at_customers_who_stay_as_they_are_writes_only_their_version(db: Database) -> None:
    await start(db)
    await follow(db, "ada", "bob", tags=["other"])
    told = await db.collection("_pending").count_documents({})

    await db.transact(lambda tx: store.put_rules(tx, {}))
    await db.transact(lambda tx: customers.recalculate(tx, ["ada", "bob"], now()))

    assert await store.outdated_ids(db, 10) == []
    assert await db.collection("_pending").count_documents({}) == told
