"""Customers changed by hand: F26, F27, F29, F42; what syncs may change after that; the audit log."""

from typing import Any, get_args

import httpx
import pytest
from sounding_contracts import topics

from services.profile.domain.customer import TEXT_FIELDS
from services.profile.schemas.customers import FieldName
from tests.deployment import Deployment, sync_body
from tests.waiting import eventually

ADA = {
    "first_name": "Ada",
    "email": "Ada@Example.com",
    "tags": ["VIP", "nps"],
    "properties": {"plan": "pro", "seats": 5},
}


async def _made(profile: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await profile.post("/v1/customers", json={**ADA, **more})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def _audit(profile: httpx.AsyncClient, id_: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await profile.get(f"/v1/customers/{id_}/audit")).json()["items"]
    return items


def test_every_field_can_be_pinned() -> None:
    assert get_args(FieldName) == TEXT_FIELDS


async def test_a_customer_made_by_hand_is_told_of_and_says_so(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "once"}
    answers = [await profile.post("/v1/customers", json=ADA, headers=key) for _ in range(2)]

    ada = answers[0].json()
    assert answers[1].json() == ada
    assert (ada["source"], ada["tags"], ada["properties"], ada["version"]) == (
        "manual",
        ["nps", "VIP"],
        ADA["properties"],
        1,
    )
    assert answers[0].headers["etag"] == '"1"'
    (told,) = await eventually(lambda: deployment.events(topics.PROFILE_CUSTOMERS))
    assert (told.subject, told.data.email, told.data.source) == (ada["id"], "Ada@Example.com", "manual")
    (entry,) = await _audit(profile, ada["id"])
    assert (entry["action"], entry["by"]) == ("create", "test")
    assert entry["changes"]["properties.seats"] == {"before": None, "after": 5}


@pytest.mark.parametrize(
    ("draft", "status", "field"),
    [
        ({"email": "ADA@example.com"}, 409, "email"),
        ({"external_ids": {"crm": "c-1"}}, 409, "external_ids"),
        ({"email": "no address"}, 422, "email"),
        ({"email": "a@b\r\nBcc: x@y"}, 422, "email"),
        ({"properties": {"seats": "many"}}, 422, "properties.seats"),
        ({"properties": {"a.b": 1}}, 422, "properties"),
        ({"pinned": ["shoe_size"]}, 422, "pinned.0"),
        ({"shoe_size": 42}, 422, "shoe_size"),
        ({"tags": "nps"}, 422, "tags"),
        ({"properties": {f"p{n}": 1 for n in range(10_000)}}, 422, "properties"),
    ],
)
async def test_f29_f42_what_cannot_be_is_refused_by_field_and_nothing_is_stored(
    api: httpx.AsyncClient, draft: dict[str, Any], status: int, field: str
) -> None:
    await _made(api, external_ids={"crm": "c-1"})

    refused = await api.post("/v1/customers", json=draft)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, field)
    assert len((await api.get("/v1/customers")).json()["items"]) == 1


async def test_tags_properties_and_pins_are_edited_and_what_was_before_is_kept(profile: httpx.AsyncClient) -> None:
    ada = await _made(profile)
    path = f"/v1/customers/{ada['id']}"
    edit = {
        "tags": {"add": ["new"], "remove": ["vip"]},
        "properties": {"plan": None, "since": "2026-01-01"},
        "pinned": ["city"],
    }

    edited = await profile.patch(path, json={**edit, "city": "Graz"}, headers={"If-Match": '"1"'})
    stale = await profile.patch(path, json={"city": "Wien"}, headers={"If-Match": '"1"'})
    same = await profile.patch(path, json={"city": "Graz"})

    body = edited.json()
    assert (body["tags"], body["properties"]) == (["new", "nps"], {"seats": 5, "since": "2026-01-01"})
    assert (body["pinned"], body["city"], body["version"]) == (["city"], "Graz", 2)
    assert (stale.status_code, stale.json()["current_version"], stale.json()["current"]) == (412, 2, body)
    assert same.json()["version"] == 2
    entry, _ = await _audit(profile, ada["id"])
    assert entry["changes"] == {
        "city": {"before": None, "after": "Graz"},
        "properties.plan": {"before": "pro", "after": None},
        "properties.since": {"before": None, "after": "2026-01-01"},
        "tags": {"before": ["nps", "VIP"], "after": ["new", "nps"]},
        "pinned": {"before": None, "after": ["city"]},
    }


async def test_a_later_sync_wins_over_a_person_but_not_where_the_field_is_pinned(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    ada = await _made(profile, city="Graz", company="Hand", pinned=["city"])
    older = sync_body(email="ada@example.com", company="Older", job_title="Older", time="2020-01-01T00:00:00Z")
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, older)

    async def shows(**wanted: Any) -> bool:
        shown = (await profile.get(f"/v1/customers/{ada['id']}")).json()
        return {name: shown[name] for name in wanted} == wanted

    await eventually(lambda: shows(job_title="Older"))
    assert await shows(company="Hand", city="Graz")
    await deployment.publish_raw(
        topics.INTEGRATIONS_CUSTOMERS, sync_body(email="ada@example.com", company="Later", city="Wien", time=None)
    )
    await eventually(lambda: shows(company="Later"))
    assert await shows(city="Graz")


async def test_a_deleted_customer_stays_with_its_mark_until_it_is_restored(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    ada = await _made(profile)
    path = f"/v1/customers/{ada['id']}"

    deleted = (await profile.delete(path, headers={"If-Match": '"1"'})).json()
    edited = (await profile.patch(path, json={"city": "Graz"})).json()
    restored = (await profile.post(f"{path}/restore")).json()

    assert deleted["deleted_at"] is not None
    assert edited["deleted_at"] is not None
    assert (restored["deleted_at"], restored["city"], restored["version"]) == (None, "Graz", 4)
    assert [entry["action"] for entry in await _audit(profile, ada["id"])] == ["restore", "edit", "delete", "create"]

    async def all_told() -> bool:
        told = await deployment.events(topics.PROFILE_CUSTOMERS)
        return [event.data is not None and event.data.deleted_at is not None for event in told] == [
            False,
            True,
            True,
            False,
        ]

    await eventually(all_told)


async def test_the_audit_log_comes_page_by_page(api: httpx.AsyncClient) -> None:
    ada = await _made(api)
    for number in range(4):
        await api.patch(f"/v1/customers/{ada['id']}", json={"city": f"City {number}"})
    seen, after = [], None
    while True:
        asked = {"limit": 2, **({"after": after} if after else {})}
        page = (await api.get(f"/v1/customers/{ada['id']}/audit", params=asked)).json()
        seen += [entry["changes"].get("city", {}).get("after") for entry in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert seen == ["City 3", "City 2", "City 1", "City 0", None]
