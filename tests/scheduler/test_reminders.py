"""Reminders: those that are due go out once, under the survey that they remind of, and stop when they must."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics
from sounding_contracts.dispatches import DispatchRequested

from chassis.clock import now
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.store.collections import REMINDERS
from tests.deployment import Deployment
from tests.scheduler.events import customer, deliverability, record, requests, start_campaign, until
from tests.waiting import eventually

PEOPLE = ("silent", "opened", "answered", "gone")
LONG_AGO = timedelta(days=3)
ONES = [
    {"after_hours": 48, "condition": "not_opened", "template_id": "first"},
    {"after_hours": 1, "condition": "not_answered"},
]


@pytest.fixture
async def other(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    """A second scheduler of the same deployment."""
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        yield client


async def surveyed(deployment: Deployment, scheduler: httpx.AsyncClient, **more: Any) -> dict[str, DispatchRequested]:
    """Everyone was sent a survey three days ago."""
    await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, PEOPLE))
    for id_ in PEOPLE:
        await until(scheduler, id_, reason="no-active-campaign")
    await start_campaign(scheduler, **more)
    found = {one.customer_id: one for one in await requests(deployment, len(PEOPLE))}
    states: dict[str, dict[str, Any]] = {"opened": {"opened_at": now()}, "answered": {"responded_at": now()}}
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("gone", 1, "unsubscribed"))
    await until(scheduler, "gone", reason="unsubscribed")
    await deployment.publish(
        topics.OUTBOX_DISPATCHES,
        *(record(one, 1, "sent", sent_at=now() - LONG_AGO, **states.get(id_, {})) for id_, one in found.items()),
    )
    return found


async def test_a_reminder_goes_out_once_where_its_condition_holds(
    deployment: Deployment, scheduler: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    del other
    first = await surveyed(deployment, scheduler, reminders=ONES)

    asked = [one for one in await requests(deployment, len(PEOPLE) + 2) if one.reason == "reminder"]

    by_person = {one.customer_id: one for one in asked}
    assert sorted(one.customer_id for one in asked) == ["opened", "silent"]
    silent, opened = by_person["silent"], by_person["opened"]
    assert (silent.reminder_number, silent.template_id, silent.reminds_of) == (1, "first", first["silent"].dispatch_id)
    assert (opened.reminder_number, opened.template_id, opened.cycle) == (2, None, 1)

    database = build(Settings(chassis=deployment.settings)).database

    async def all_settled() -> dict[str, str]:
        rows = [row async for row in database.collection(REMINDERS).find({})]
        assert not any("due_at" in row for row in rows)
        return {row["customer_id"]: row["ended"] for row in rows if row["ended"]}

    assert await eventually(all_settled) == {"answered": "answered", "gone": "unsubscribed"}
    database.close()
    assert len(await requests(deployment)) == len(PEOPLE) + 2


async def test_a_paused_campaign_reminds_nobody(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    due_later = [{"after_hours": 73, "condition": "not_opened"}]
    await surveyed(deployment, scheduler, reminders=due_later)
    database = build(Settings(chassis=deployment.settings)).database
    plans = database.collection(REMINDERS)

    async def all_planned() -> bool:
        return await plans.count_documents({"due_at": {"$gt": now()}}) == len(PEOPLE)

    await eventually(all_planned)
    await scheduler.post("/v1/campaigns/nps/pause")
    await plans.update_many({}, {"$set": {"since": now() - timedelta(days=4), "due_at": now()}})

    async def looked_at() -> bool:
        return await plans.count_documents({"due_at": {"$lte": now()}}) == 0

    await eventually(looked_at)
    assert len(await requests(deployment)) == len(PEOPLE)
    await scheduler.post("/v1/campaigns/nps/activate")
    await plans.update_many({"due_at": {"$exists": True}}, {"$set": {"due_at": now()}})
    assert [one.reason for one in await requests(deployment, len(PEOPLE) + 1)].count("reminder") == 1
    database.close()
