"""Triggers: a survey follows what happened, once, when and where it may."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics
from sounding_contracts.envelope import AnyPayload, Event
from sounding_contracts.integrations import SurveyTrigger

from chassis.clock import now
from tests.deployment import Deployment
from tests.scheduler.events import customer, deliverability, requests, start_campaign, until
from tests.waiting import eventually

ORDER = {
    "id": "order",
    "name": "After an order",
    "kind": "transactional",
    "audience": {},
    "schedule": {},
    "trigger": {"type": "order.delivered"},
}


def happened(id: str, *, who: str = "ada", **data: Any) -> Event[AnyPayload]:
    values = {"trigger": "order.delivered", "customer": {"email": f"{who.upper()}@Example.com"}, **data}
    return Event(
        id=id,
        source="shop",
        type=SurveyTrigger.type,
        subject=who,
        time=now(),
        data=SurveyTrigger.model_validate(values),
    )


def body(event: Event[AnyPayload]) -> dict[str, Any]:
    data = event.data.model_dump(mode="json", exclude_unset=True) if event.data else {}
    return {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type, "data": data}


async def send(scheduler: httpx.AsyncClient, *events: Event[AnyPayload]) -> list[str]:
    sent = await scheduler.post("/v1/triggers", json=[body(event) for event in events])
    assert sent.status_code == 202, sent.text
    ids: list[str] = sent.json()["ids"]
    return ids


async def outcome(scheduler: httpx.AsyncClient, id: str, **expected: Any) -> dict[str, Any]:
    """What the one campaign made of a trigger, as soon as it is so."""

    async def so() -> dict[str, Any]:
        found = await scheduler.get(f"/v1/triggers/{id}")
        assert found.status_code == 200, found.text
        (one,) = found.json()["campaigns"]
        assert {name: one[name] for name in expected} == expected
        return dict(one)

    return await eventually(so)


async def test_a_survey_follows_a_trigger_once_by_kafka_and_by_http(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await deployment.publish(
        topics.PROFILE_CUSTOMERS,
        customer("ada", canonical_email="ada@example.com"),
        customer("bob", external_ids={"shop": "7"}),
    )
    await until(scheduler, "bob", reason="no-active-campaign")
    await start_campaign(scheduler, **ORDER)
    await until(scheduler, "ada", kind="scheduled")

    again = [happened("1"), happened("1"), happened("2", who="bob", customer={"external_id": "7"})]
    await deployment.publish(topics.INTEGRATIONS_TRIGGERS, *again)
    first, _ = await send(scheduler, happened("1"), happened("3", trigger="order.returned"))
    asked = await outcome(scheduler, first, state="requested", customer_id="ada")

    found = {one.customer_id: one for one in await requests(deployment, 2)}
    assert set(found) == {"ada", "bob"}
    assert (found["ada"].reason, found["ada"].trigger_id, found["ada"].cycle) == ("transactional", first, 1)
    assert asked["dispatch_id"] == found["ada"].dispatch_id
    (second,) = await send(scheduler, happened("4"))
    await outcome(scheduler, second, state="requested")
    assert [one.customer_id for one in await requests(deployment, 3)].count("ada") == 2


async def test_a_trigger_waits_for_its_customer_who_may_come_later(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await start_campaign(scheduler, **ORDER)
    (id_,) = await send(scheduler, happened("1"))
    await outcome(scheduler, id_, state="waiting", customer_id=None)

    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada", canonical_email="ada@example.com"))

    await outcome(scheduler, id_, state="requested", customer_id="ada")
    assert len(await requests(deployment, 1)) == 1


async def test_what_waits_can_be_seen_and_cancelled_by_http_and_by_an_event(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada", canonical_email="ada@example.com"))
    await until(scheduler, "ada", reason="no-active-campaign")
    await start_campaign(scheduler, **{**ORDER, "trigger": {"type": "order.delivered", "delay_minutes": 60}})
    events = [happened("1"), happened("2"), happened("3", cancels="2"), happened("4", cancels="5"), happened("5")]
    first, second, *_ = await send(scheduler, *events)
    await outcome(scheduler, second, state="cancelled")
    waiting = await outcome(scheduler, first, state="waiting")

    listed = (await scheduler.get("/v1/triggers", params={"campaign_id": "order"})).json()["items"]
    cancelled = await scheduler.delete(f"/v1/triggers/{first}")

    assert [one["event_id"] for one in listed] == ["1"]
    assert cancelled.json()["campaigns"] == [{**waiting, **cancelled.json()["campaigns"][0]}]
    assert (await scheduler.get("/v1/triggers")).json()["items"] == []
    assert (await scheduler.delete(f"/v1/triggers/{first}")).status_code == 200
    assert (await scheduler.delete("/v1/triggers/other")).status_code == 404


async def test_a_trigger_is_held_or_dropped_by_the_rules(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    ada, bob = customer("ada", canonical_email="ada@example.com"), customer("bob", canonical_email="bob@example.com")
    await deployment.publish(topics.PROFILE_CUSTOMERS, ada, bob)
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("bob", 1, "unsubscribed"))
    await until(scheduler, "bob", reason="unsubscribed")
    await until(scheduler, "ada", reason="no-active-campaign")
    await scheduler.put("/v1/contact-rules", json={"quiet_period_days": 30})
    tomorrow = (now() + timedelta(days=2)).isoweekday()
    window = {"weekdays": [tomorrow], "from_minute": 0, "to_minute": 1440}
    conditions = {"field": "payload.total", "op": "gte", "value": 100}
    trigger = {"type": "order.delivered", "conditions": conditions}
    await start_campaign(scheduler, **{**ORDER, "send_window": window, "expires_after_hours": 72, "trigger": trigger})

    dear: dict[str, Any] = {"payload": {"total": 120}}
    cheap, refused, held = await send(
        scheduler,
        happened("1", payload={"total": 99}),
        happened("2", who="bob", **dear),
        happened("3", **dear),
    )
    await outcome(scheduler, refused, state="dropped", reason="unsubscribed")
    await outcome(scheduler, held, state="waiting", reason="send-window")
    (at_once,) = await send(scheduler, happened("4", delay_minutes=0, **dear))
    await outcome(scheduler, at_once, state="requested")
    (again,) = await send(scheduler, happened("5", delay_minutes=0, **dear))
    await outcome(scheduler, again, state="dropped", reason="quiet-period")
    assert (await scheduler.get(f"/v1/triggers/{cheap}")).status_code == 404
    assert len(await requests(deployment, 1)) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([], "body"),
        ([{"specversion": "1.0"}], "0.type"),
        ({"data": {"trigger": "x", "customer": {}}}, "data.customer"),
        ({"data": {"customer": {"email": "a@b.c"}}}, "data.trigger"),
        ({"data": {"trigger": "x", "customer": {"email": "a@b.c"}, "delay_minutes": -1}}, "data.delay_minutes"),
        ({"type": "customer.sync"}, "type"),
    ],
)
async def test_what_is_wrong_in_a_trigger_is_named(api: httpx.AsyncClient, wrong: Any, field: str) -> None:
    given = wrong if isinstance(wrong, list) else {**body(happened("1")), **wrong}

    refused = await api.post("/v1/triggers", json=given)

    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["field"] == field, refused.text
