"""Sync events over HTTP: the same contract as by Kafka."""

from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from tests.deployment import Deployment
from tests.waiting import eventually


def sync(number: int = 1, **more: Any) -> dict[str, Any]:
    data = {"email": f"p{number}@example.com", "first_name": f"P{number}", **more.pop("data", {})}
    base = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "crm",
        "type": "customer.sync",
        "subject": f"c-{number}",
    }
    return {**base, "time": "2026-11-23T10:00:00Z", "data": data, **more}


async def _progress(profile: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = (await profile.get(f"/v1/sync/{id_}")).json()
    return body


async def _ended(profile: httpx.AsyncClient, id_: str) -> bool:
    return bool((await _progress(profile, id_))["waiting"] == 0)


async def test_a_thousand_events_of_a_call_are_heard_in_their_order(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    events = [
        sync(n % 500, id=f"e{n}", time=f"2026-11-23T10:00:{n // 500:02}Z", data={"city": f"C{n}"}) for n in range(1000)
    ]

    accepted = [await profile.post("/v1/sync", json=events, headers={"Idempotency-Key": "one"}) for _ in range(2)]

    assert (accepted[0].status_code, accepted[0].json()["count"]) == (202, 1000)
    assert accepted[0].json() == accepted[1].json()
    await eventually(lambda: _ended(profile, accepted[0].json()["id"]))
    items = (await profile.get("/v1/customers", params={"limit": 1000})).json()["items"]
    assert {item["city"] for item in items} == {f"C{n}" for n in range(500, 1000)}
    records = await deployment.records(topics.INTEGRATIONS_CUSTOMERS)
    assert len(records) == 1000
    heard = await deployment.events(topics.INTEGRATIONS_CUSTOMERS)
    assert {(event.id, event.source, event.seq) for event in heard} == {(f"e{n}", "crm", None) for n in range(1000)}
    assert {record.key for record in records} == {f"c-{n}".encode() for n in range(500)}
    of_one = [event.id for event in heard if event.subject == "c-7"]
    assert of_one == ["e7", "e507"]


async def test_what_contradicts_is_told_of_with_its_reason_and_harms_no_other(profile: httpx.AsyncClient) -> None:
    known = (await profile.post("/v1/sync", json=[sync(1), sync(2)])).json()
    await eventually(lambda: _ended(profile, known["id"]))
    both = sync(3, subject="c-1", data={"email": "p2@example.com"}, time="2026-11-24T10:00:00Z")

    second = (await profile.post("/v1/sync", json=[both, sync(4), sync(1)])).json()
    await eventually(lambda: _ended(profile, second["id"]))

    told = await _progress(profile, second["id"])
    assert (told["count"], told["applied"]) == (3, 2)
    assert [(one["event_id"], one["code"]) for one in told["refused"]] == [("e3", "two-customers-claimed")]
    assert (await _progress(profile, known["id"]))["refused"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "customer.sink"}, "type"),
        ({"source": "manual"}, "source"),
        ({"source": "user:ada"}, "source"),
        ({"time": "yesterday"}, "time"),
        ({"id": ""}, "id"),
        ({"data": {"email": "no address"}}, "data.email"),
        ({"data": {"shoe_size": 42}}, "data.shoe_size"),
        ({"data": {"properties": {"a": {"b": 1}}}}, "data.properties.a"),
        ({"subject": None, "data": {"email": None}}, "subject"),
    ],
)
async def test_one_bad_event_is_named_and_nothing_of_the_call_is_accepted(
    api: httpx.AsyncClient, wrong: dict[str, Any], field: str
) -> None:
    several = await api.post("/v1/sync", json=[sync(1), sync(2, **wrong), sync(3)])
    alone = await api.post("/v1/sync", json=sync(2, **wrong))

    assert (several.status_code, [error["field"] for error in several.json()["errors"]]) == (422, [f"1.{field}"])
    assert (alone.status_code, [error["field"] for error in alone.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize("body", [[], [sync()] * 1001, "text", 7, None, [None]])
async def test_what_is_no_list_of_events_is_refused(api: httpx.AsyncClient, body: Any) -> None:
    assert (await api.post("/v1/sync", json=body)).status_code == 422


async def test_an_unknown_call_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/sync/nobody")).status_code == 404
