"""Events that scheduler reads, with valid defaults; and what it is asked over HTTP."""

from typing import Any

import httpx
from sounding_contracts import topics
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged, DispatchRequested
from sounding_contracts.envelope import AnyPayload, Event
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.responses import ResponseChanged
from sounding_contracts.topics import Topic

from chassis.clock import now
from tests.deployment import Deployment
from tests.waiting import eventually

NPS = {
    "id": "nps",
    "name": "Relationship NPS",
    "audience": {"field": "tags", "op": "has", "value": "nps"},
    "schedule": {"first_after_days": 0, "every_days": 90},
}


def event(topic: Topic, subject: str, seq: int, data: AnyPayload | None) -> Event[AnyPayload]:
    return Event(
        id=f"{subject}:{seq}",
        source=topic.source,
        type=topic.types[0].type,
        subject=subject,
        time=now(),
        data=data,
        seq=seq,
    )


def customer(id: str, seq: int = 1, **more: Any) -> Event[AnyPayload]:
    values = {
        "email": f"{id}@example.com",
        "tags": ["NPS"],
        "source": "crm",
        "created_at": now(),
        "changed_at": now(),
        **more,
    }
    return event(topics.PROFILE_CUSTOMERS, id, seq, CustomerChanged(id=id, **values))


def deliverability(id: str, seq: int, status: str | None) -> Event[AnyPayload]:
    data = DeliverabilityChanged(customer_id=id, status=status, changed_at=now())
    return event(topics.OUTBOX_DELIVERABILITY, id, seq, data)


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


def answer(customer_id: str, score: int, seq: int = 1, **more: Any) -> Event[AnyPayload]:
    id_ = f"r-{customer_id}"
    data = ResponseChanged(
        id=id_,
        customer_id=customer_id,
        metric="nps",
        score=score,
        score_class="promoter",
        answered_at=now(),
        changed_at=now(),
        **more,
    )
    return event(topics.FEEDBACK_RESPONSES, id_, seq, data)


async def start_campaign(scheduler: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    made = await scheduler.post("/v1/campaigns", json={**NPS, **more})
    assert made.status_code == 201, made.text
    started = await scheduler.post(f"/v1/campaigns/{made.json()['id']}/activate")
    assert started.status_code == 200, started.text
    body: dict[str, Any] = started.json()
    return body


async def requests(deployment: Deployment, count: int = 1) -> list[DispatchRequested]:
    """All requests, as soon as there are so many."""

    async def enough() -> list[DispatchRequested]:
        found = [one.data for one in await deployment.events(topics.SCHEDULER_DISPATCH_REQUESTS) if one.data]
        assert len(found) >= count, len(found)
        return found

    return await eventually(enough)


async def told(deployment: Deployment, customer_id: str) -> list[NextSurveyChanged | None]:
    """All that was told of a customer's next survey; each under the next seq."""
    events = await deployment.events(topics.SCHEDULER_NEXT_SURVEYS)
    mine = [one for one in events if one.subject == customer_id]
    assert [one.seq for one in mine] == list(range(1, len(mine) + 1))
    return [one.data for one in mine]


async def next_survey(scheduler: httpx.AsyncClient, customer_id: str) -> dict[str, Any]:
    found = await scheduler.get(f"/v1/customers/{customer_id}/next-survey")
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def until(scheduler: httpx.AsyncClient, customer_id: str, **expected: Any) -> dict[str, Any]:
    """The next survey, as soon as it is so."""

    async def so() -> dict[str, Any]:
        found = await next_survey(scheduler, customer_id)
        assert {name: found[name] for name in expected} == expected, found
        return found

    return await eventually(so)
