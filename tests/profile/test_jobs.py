"""Work over many customers: exact, whoever does it and wherever it stops; tags and properties for all."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chassis.mongo import Database
from services.profile.adapters.owners import Owners
from services.profile.jobs import step
from services.profile.main import build
from services.profile.settings import Settings
from services.profile.store.jobs import find_job, take_job
from tests.deployment import Deployment
from tests.profile.test_sync import sync
from tests.waiting import eventually

NOBODY = Owners({})


async def _people(profile: httpx.AsyncClient, count: int, **data: Any) -> None:
    events = [sync(n, data={"tags": ["VIP", f"t{n % 3}"], "properties": {"seats": n}, **data}) for n in range(count)]
    assert (await profile.post("/v1/sync", json=events)).status_code == 202

    async def all_there() -> bool:
        return bool((await profile.post("/v1/customers/count", json={})).json()["count"] == count)

    await eventually(all_there)


async def _count(profile: httpx.AsyncClient, field: str, op: str, *value: Any) -> int:
    clause = {"field": field, "op": op, **({"value": value[0]} if value else {})}
    count: int = (await profile.post("/v1/customers/count", json={"filter": clause})).json()["count"]
    return count


async def _ended(profile: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text

    async def ended() -> dict[str, Any]:
        job: dict[str, Any] = (await profile.get(f"/v1/jobs/{answer.json()['id']}")).json()
        return job if job["state"] in {"done", "failed", "cancelled"} else {}

    return await eventually(ended)


async def _tags(profile: httpx.AsyncClient, q: str = "") -> dict[str, int]:
    items = (await profile.get("/v1/tags", params={"q": q})).json()["items"]
    return {item["tag"]: item["count"] for item in items}


async def test_all_whom_a_filter_finds_are_edited_and_no_other(profile: httpx.AsyncClient) -> None:
    await _people(profile, 450)
    some = {"field": "properties.seats", "op": "lt", "value": 430}
    draft = {
        "kind": "edit",
        "filter": some,
        "edit": {"tags": {"add": ["new"]}, "city": "Graz", "properties": {"plan": "pro"}},
    }

    job = await _ended(profile, await profile.post("/v1/jobs", json=draft))
    again = await _ended(profile, await profile.post("/v1/jobs", json=draft))

    assert (job["state"], job["total"], job["looked_at"], job["changed"], job["by"]) == ("done", 430, 430, 430, "test")
    assert (again["looked_at"], again["changed"]) == (430, 0)
    assert [await _count(profile, *one) for one in (("tags", "has", "new"), ("city", "eq", "Graz"))] == [430, 430]
    one = (await profile.get("/v1/customers", params={"email": "p7@example.com"})).json()["items"][0]
    assert one["version"] == 2
    (entry,) = (await profile.get(f"/v1/customers/{one['id']}/audit")).json()["items"]
    assert (entry["action"], entry["changes"]["city"]["after"]) == ("bulk-edit", "Graz")


async def test_many_are_deleted_and_restored(profile: httpx.AsyncClient) -> None:
    await _people(profile, 5)
    some = {"field": "tags", "op": "has", "value": "t1"}

    await _ended(profile, await profile.post("/v1/jobs", json={"kind": "delete", "filter": some}))
    assert await _count(profile, "deleted", "eq", True) == 2
    await _ended(profile, await profile.post("/v1/jobs", json={"kind": "restore", "filter": some}))
    assert await _count(profile, "deleted", "eq", True) == 0


async def test_tags_are_counted_renamed_merged_and_removed(profile: httpx.AsyncClient) -> None:
    await _people(profile, 9)
    await profile.post("/v1/customers", json={"first_name": "Without"})
    assert await _tags(profile) == {"t0": 3, "t1": 3, "t2": 3, "VIP": 9}
    assert await _tags(profile, "vI") == {"VIP": 9}

    renamed = await _ended(profile, await profile.post("/v1/tags/vip/rename", json={"to": "Gold"}))
    await _ended(profile, await profile.post("/v1/tags/t1/rename", json={"to": "T0"}))
    await _ended(profile, await profile.delete("/v1/tags/t2"))

    assert (renamed["label"], renamed["changed"]) == ("rename the tag vip to Gold", 9)
    assert {tag.casefold(): count for tag, count in (await _tags(profile)).items()} == {"gold": 9, "t0": 6}


async def test_a_property_is_described_and_taken_from_everybody(profile: httpx.AsyncClient) -> None:
    await _people(profile, 4)
    described = await profile.patch("/v1/properties/seats", json={"label": "Seats bought"})
    listed = (await profile.get("/v1/properties")).json()["items"]

    assert (described.status_code, listed) == (200, [described.json()])
    assert (listed[0]["name"], listed[0]["type"], listed[0]["label"]) == ("seats", "number", "Seats bought")
    await _ended(profile, await profile.delete("/v1/properties/seats"))
    assert await _count(profile, "properties.seats", "exists") == 0
    assert (await profile.get("/v1/properties")).json()["items"] == []
    assert (await profile.patch("/v1/properties/seats", json={})).status_code == 404


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"kind": "edit"}, "body"),
        ({"kind": "delete", "edit": {"city": "Graz"}}, "body"),
        ({"kind": "edit", "edit": {"email": "a@example.com"}}, "edit"),
        ({"kind": "edit", "edit": {}}, "edit"),
        ({"kind": "edit", "edit": {"city": "Graz"}, "filter": {"field": "shoe", "op": "exists"}}, "filter.field"),
        ({"kind": "edit", "edit": {"properties": {"seats": "many"}}}, "properties.seats"),
        ({"kind": "burn"}, "kind"),
    ],
)
async def test_work_that_makes_no_sense_is_refused(api: httpx.AsyncClient, draft: dict[str, Any], field: str) -> None:
    await api.post("/v1/customers", json={"properties": {"seats": 1}})
    refused = await api.post("/v1/jobs", json=draft)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await api.get("/v1/jobs")).json()["items"] == []


@pytest.fixture
async def idle(deployment: Deployment) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    """A profile in which nobody works."""
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service, "streams", "relay") as client:
        yield client, service.database


async def test_f10_another_goes_on_where_one_stopped_and_the_first_does_nothing_more(
    idle: tuple[httpx.AsyncClient, Database],
) -> None:
    profile, database = idle
    await _people(profile, 450)
    asked = await profile.post("/v1/jobs", json={"kind": "edit", "edit": {"city": "Graz"}})
    job = await take_job(database, "first", 0)
    assert job is not None
    await step(database, NOBODY, job, "first")

    taken = await take_job(database, "second", 60)
    assert taken is not None
    assert (taken.id, taken.looked_at) == (job.id, 200)
    await step(database, NOBODY, job, "first")
    assert (await find_job(database, job.id)).looked_at == 200
    assert await take_job(database, "first", 60) is None
    while taken is not None:
        await step(database, NOBODY, taken, "second")
        taken = await take_job(database, "second", 60)

    done = (await profile.get(f"/v1/jobs/{asked.json()['id']}")).json()
    assert (done["state"], done["looked_at"], done["changed"]) == ("done", 450, 450)
    assert await _count(profile, "city", "eq", "Graz") == 450


async def test_a_cancelled_job_does_no_step_more_and_what_was_done_stays(
    idle: tuple[httpx.AsyncClient, Database],
) -> None:
    profile, database = idle
    await _people(profile, 250)
    asked = await profile.post("/v1/jobs", json={"kind": "edit", "edit": {"city": "Graz"}})
    job = await take_job(database, "one", 60)
    assert job is not None
    await step(database, NOBODY, job, "one")

    cancelled = await profile.post(f"/v1/jobs/{job.id}/cancel")
    await step(database, NOBODY, await find_job(database, job.id), "one")

    assert (cancelled.json()["state"], cancelled.json()["looked_at"]) == ("cancelled", 200)
    assert await _count(profile, "city", "eq", "Graz") == 200
    assert await take_job(database, "one", 60) is None
    assert asked.json()["id"] == job.id


async def test_what_was_said_since_a_job_was_asked_for_stays(idle: tuple[httpx.AsyncClient, Database]) -> None:
    profile, database = idle
    await _people(profile, 1)
    await profile.post("/v1/jobs", json={"kind": "edit", "edit": {"city": "Graz", "company": "ACME"}})
    (one,) = (await profile.get("/v1/customers")).json()["items"]
    await profile.patch(f"/v1/customers/{one['id']}", json={"city": "Wien"})

    job = await take_job(database, "one", 60)
    assert job is not None
    await step(database, NOBODY, job, "one")

    shown = (await profile.get(f"/v1/customers/{one['id']}")).json()
    assert (shown["city"], shown["company"]) == ("Wien", "ACME")
