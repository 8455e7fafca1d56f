"""Scheduler between the streams that it reads and those that it writes, on real Kafka and MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged, DispatchRequested
from sounding_contracts.envelope import AnyPayload, Event
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.topics import Topic

from chassis.clock import now
from services.scheduler.main import build
from services.scheduler.settings import Settings
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

NPS = {
    "id": "nps",
    "name": "Relationship NPS",
    "audience": {"field": "tags", "op": "has", "value": "nps"},
    "schedule": {"first_after_days": 0, "every_days": 90},
}


@pytest.fixture
async def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(*topics.ALL)
    return made


@pytest.fixture
async def scheduler(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        yield client


def event(topic: Topic, subject: str, seq: int, data: AnyPayload | None) -> Event[AnyPayload]:
    return Event(
        id=f"{subject}:{seq}", source=topic.source, type=topic.types[0].type, subject=subject, time=now(), data=data, seq=seq
    )


def customer(id: str, seq: int = 1, **more: Any) -> Event[AnyPayload]:
    values = {"email": f"{id}@example.com", "tags": ["NPS"], "source": "crm", "created_at": now(), "changed_at": now(), **more}
    return event(topics.PROFILE_CUSTOMERS, id, seq, CustomerChanged(id=id, **values))


def deliverability(id: str, seq: int, status: str | None) -> Event[AnyPayload]:
    return event(topics.OUTBOX_DELIVERABILITY, id, seq, DeliverabilityChanged(customer_id=id, status=status, changed_at=now()))


def record(request: DispatchRequested, seq: int, state: str, **more: Any) -> Event[AnyPayload]:
    data = DispatchChanged(
        id=request.dispatch_id,
        customer_id=request.customer_id,
        campaign_id=request.campaign_id,
        reason=request.reason,
        state=state,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        changed_at=now(),
        **more,
    )
    return event(topics.OUTBOX_DISPATCHES, request.dispatch_id, seq, data)


async def start_campaign(scheduler: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    made = await scheduler.post("/v1/campaigns", json={**NPS, **more})
    assert made.status_code == 201, made.text
    started = await scheduler.post(f"/v1/campaigns/{made.json()['id']}/activate")
    assert started.status_code == 200, started.text
    body: dict[str, Any] = started.json()
    return body


async def requests(deployment: Deployment, count: int = 1) -> list[DispatchRequested]:
    async def enough() -> list[DispatchRequested]:
        found = [one.data for one in await deployment.events(topics.SCHEDULER_DISPATCH_REQUESTS)]
        assert len(found) >= count
        return found

    return await eventually(enough)


async def told(deployment: Deployment, customer_id: str) -> list[NextSurveyChanged | None]:
    events = await deployment.events(topics.SCHEDULER_NEXT_SURVEYS)
    mine = [one for one in events if one.subject == customer_id]
    assert [one.seq for one in mine] == list(range(1, len(mine) + 1))
    return [one.data for one in mine]


async def next_survey(scheduler: httpx.AsyncClient, customer_id: str) -> dict[str, Any]:
    answer = await scheduler.get(f"/v1/customers/{customer_id}/next-survey")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_customer_whom_a_campaign_matches_is_asked_for_at_once(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"), customer("bob", tags=["other"]))

    (request,) = await requests(deployment)

    assert (request.customer_id, request.campaign_id, request.reason, request.cycle) == ("ada", "nps", "initial", 1)
    assert request.expires_at - request.not_before == timedelta(hours=48)
    bob = await eventually(lambda: next_survey(scheduler, "bob"))
    assert (bob["kind"], bob["reason"]) == ("none", "no-campaign-matches")
    assert bob["campaigns"][0]["unmet"] == ["audience"]


async def test_a_survey_that_was_sent_sets_the_date_of_the_next(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    (request,) = await requests(deployment)
    sent_at = now()

    await deployment.publish(topics.OUTBOX_DISPATCHES, record(request, 1, "queued"), record(request, 2, "sent", sent_at=sent_at))

    async def dated() -> dict[str, Any]:
        found = await next_survey(scheduler, "ada")
        assert found["last_survey_at"] == sent_at.isoformat().replace("+00:00", "Z")
        return found

    ada = await eventually(dated)
    assert ada["reason"] == "recurring"
    assert ada["at"] == (sent_at + timedelta(days=90)).isoformat().replace("+00:00", "Z")
    (*_, last) = await eventually(lambda: told(deployment, "ada"))
    assert last is not None
    assert last.at == sent_at + timedelta(days=90)
    assert len(await requests(deployment)) == 1
