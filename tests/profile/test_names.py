"""F43: names that were made to break something are stored as they are, or refused by their field."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from services.profile import jobs
from services.profile.domain.exporting import cell
from tests.profile.test_imports import _run, _upload
from tests.profile.test_sync import sync
from tests.waiting import eventually

NAMES = (
    '"; DROP TABLE customers; --',
    "Ada\r\nBcc: all@example.com",
    "👩‍👩‍👧 Zoë",
    "\u202eעדה\u202c السلام",
    "$where",
    "a\u0000b",
)
LONG = "x" * 10_000
KEPT = NAMES[:-1]


async def _sync(profile: httpx.AsyncClient) -> None:
    events = [sync(n, data={"first_name": name, "tags": [name]}) for n, name in enumerate(KEPT)]
    accepted = (await profile.post("/v1/sync", json=events)).raise_for_status().json()

    async def heard() -> bool:
        told = (await profile.get(f"/v1/sync/{accepted['id']}")).json()
        return (told["waiting"], told["refused"]) == (0, [])

    await eventually(heard)


async def _edit(profile: httpx.AsyncClient) -> None:
    for n, name in enumerate(KEPT):
        made = (await profile.post("/v1/customers", json={"email": f"p{n}@example.com"})).raise_for_status().json()
        body = {"first_name": name, "tags": {"add": [name]}}
        (await profile.patch(f"/v1/customers/{made['id']}", json=body)).raise_for_status()


async def _import(profile: httpx.AsyncClient) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([("email", "first_name"), *((f"p{n}@example.com", name) for n, name in enumerate(NAMES))])
    writer.writerow(("long@example.com", LONG))
    done = await _run(profile, await _upload(profile, text.getvalue().encode()))
    assert (done["state"], done["created"], done["refused"]) == ("done", len(KEPT), 2)
    refused = (await profile.get(f"/v1/imports/{done['id']}/refused")).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(refused, newline="")))[1:]
    assert ["NUL" in rows[0][1], "first_name" in rows[1][1]] == [True, True]


@pytest.mark.parametrize("way", [_sync, _edit, _import])
async def test_f43_names_are_stored_shown_found_and_exported_as_they_are(
    profile: httpx.AsyncClient, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.02)
    await way(profile)

    people = (await profile.get("/v1/customers", params={"limit": 100})).json()["items"]
    assert {one["email"]: one["first_name"] for one in people} == {
        f"p{n}@example.com": name for n, name in enumerate(KEPT)
    }
    for name in KEPT:
        wanted = {"filter": {"field": "first_name", "op": "eq", "value": name}}
        (found,) = (await profile.post("/v1/customers/search", json=wanted)).raise_for_status().json()["items"]
        shown = (await profile.get(f"/v1/customers/{found['id']}")).json()
        assert shown["first_name"] == name
        assert shown["tags"] == ([] if way is _import else [name])
    await _are_exported(profile)


async def _are_exported(profile: httpx.AsyncClient) -> None:
    as_csv = (await profile.post("/v1/customers/export", json={})).raise_for_status().content.decode("utf-8-sig")
    as_json = (await profile.post("/v1/customers/export", json={"format": "ndjson"})).raise_for_status().text
    rows = csv.DictReader(io.StringIO(as_csv, newline=""), strict=True)
    assert {row["first_name"] for row in rows} == {cell(name) for name in KEPT}
    assert {json.loads(line)["first_name"] for line in as_json.split("\n") if line} == set(KEPT)


@pytest.mark.parametrize("fields", [{"first_name": LONG}, {"tags": [LONG]}, {"company": LONG}])
async def test_f43_what_is_too_long_is_refused_by_its_field(api: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    (name,) = fields
    made = (await api.post("/v1/customers", json={"email": "p@example.com"})).raise_for_status().json()
    edit = {"tags": {"add": fields["tags"]}} if name == "tags" else fields
    refused = [
        await api.post("/v1/sync", json=sync(1, data=fields)),
        await api.post("/v1/customers", json=fields),
        await api.patch(f"/v1/customers/{made['id']}", json=edit),
    ]

    assert [one.status_code for one in refused] == [422] * 3
    assert all(name in one.json()["errors"][0]["field"] for one in refused)
