"""Segments: a search with a name, used wherever customers are chosen."""

from typing import Any

import httpx

from tests.profile.test_jobs import _ended, _people

IN_T1 = {"field": "tags", "op": "has", "value": "T1"}
MANY = {"field": "properties.seats", "op": "gte", "value": 4}


async def _made(profile: httpx.AsyncClient, **draft: Any) -> dict[str, Any]:
    answer = await profile.post("/v1/segments", json={"name": "Second third", "filter": IN_T1, **draft})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_segment_is_who_its_filter_finds_in_lists_counts_exports_and_work(profile: httpx.AsyncClient) -> None:
    await _people(profile, 9)
    segment = (await _made(profile))["id"]
    narrowed = {"segment": segment, "filter": MANY}

    shown = (await profile.get(f"/v1/segments/{segment}")).json()
    listed = (await profile.get("/v1/customers", params={"segment": segment})).json()["items"]
    found = (await profile.post("/v1/customers/search", json={**narrowed, "q": "example"})).json()["items"]
    counted = (await profile.post("/v1/customers/count", json=narrowed)).json()
    file = await profile.post("/v1/customers/export", json={**narrowed, "format": "ndjson"})
    job = await _ended(profile, await profile.post("/v1/jobs", json={**narrowed, "kind": "delete"}))

    assert (shown["count"], shown["exact"], len(listed)) == (3, True, 3)
    assert sorted(one["properties"]["seats"] for one in found) == [4, 7]
    assert (counted["count"], len(file.text.splitlines()), job["changed"]) == (2, 2, 2)


async def test_a_segment_is_edited_at_its_version_named_once_and_forgotten(api: httpx.AsyncClient) -> None:
    first, second = await _made(api), await _made(api, name="Other", filter={})
    path = f"/v1/segments/{first['id']}"

    edited = await api.patch(path, json={"name": "  Third "}, headers={"If-Match": '"1"'})
    stale = await api.patch(path, json={"filter": {}}, headers={"If-Match": '"1"'})
    taken = await api.patch(f"/v1/segments/{second['id']}", json={"name": "third"})
    wrong = await api.patch(path, json={"filter": {"field": "shoe", "op": "exists"}})

    assert (edited.status_code, edited.json()["name"], edited.headers["etag"]) == (200, "Third", '"2"')
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "name")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "filter.field")
    assert [one["name"] for one in (await api.get("/v1/segments")).json()["items"]] == ["Other", "Third"]
    assert (await api.delete(path)).status_code == 200
    assert (await api.get(path)).status_code == 404
    gone = await api.get("/v1/customers", params={"segment": first["id"]})
    assert (gone.status_code, gone.json()["errors"][0]["field"]) == (422, "segment")
