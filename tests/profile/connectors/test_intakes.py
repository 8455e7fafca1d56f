"""What Segment and HubSpot send becomes customers."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import eventually

GOLDEN = Path(__file__).parent / "golden"


def _sent(name: str) -> list[dict[str, Any]]:
    return [case["sent"] for case in json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))]


async def _customer(profile: httpx.AsyncClient, email: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = (await profile.get("/v1/customers", params={"email": email})).json()["items"]
    return items[0] if items else {}


async def test_a_segment_batch_becomes_customers(profile: httpx.AsyncClient) -> None:
    answer = await profile.post("/v1/segment/identify", json={"batch": _sent("segment") * 2})

    assert (answer.status_code, answer.json()["accepted"], answer.json()["passed_over"]) == (202, 2, 6)
    peter = await eventually(lambda: _customer(profile, "peter@example.com"))
    assert (peter["company"], peter["language"], peter["external_ids"]) == (
        "Initech",
        "de-AT",
        {"segment": "97980cfea0067"},
    )


async def test_hubspot_contacts_and_webhooks_become_customers(profile: httpx.AsyncClient) -> None:
    contact, archived, *events = _sent("hubspot")

    answers = [await profile.post("/v1/hubspot/contacts", json=body) for body in (contact, events)]
    ada = await eventually(lambda: _customer(profile, "ada@example.com"))
    await profile.post("/v1/hubspot/contacts", json=[archived])

    assert [(answer.status_code, answer.json()["accepted"]) for answer in answers] == [(202, 1), (202, 2)]
    assert (ada["external_ids"], ada["source"]) == ({"hubspot": "512"}, "hubspot")
    await eventually(lambda: _deleted(profile, ada["id"]))


async def _deleted(profile: httpx.AsyncClient, id_: str) -> bool:
    return bool((await profile.get(f"/v1/customers/{id_}")).json()["deleted_at"])


async def test_what_says_nothing_is_passed_over_and_what_cannot_be_is_refused_by_its_place(
    profile: httpx.AsyncClient,
) -> None:
    nothing = await profile.post("/v1/segment/identify", json={"type": "track", "userId": "1", "messageId": "m"})
    bad = {"type": "identify", "messageId": "m", "traits": {"email": "nobody"}}
    refused = await profile.post("/v1/segment/identify", json={"batch": [{"type": "page"}, bad]})
    no_object = await profile.post("/v1/hubspot/contacts", json=[7])

    assert (nothing.status_code, nothing.json()["id"], nothing.json()["passed_over"]) == (202, None, 1)
    assert [fault["field"] for fault in refused.json()["errors"]] == ["1.data.email"]
    assert (no_object.status_code, no_object.json()["errors"][0]["field"]) == (422, "0")
