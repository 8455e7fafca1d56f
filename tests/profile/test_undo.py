"""An import taken back: as if it had never been, as far as nobody built on it; rows about one customer are counted."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis.mongo import Database
from services.profile.jobs import import_step
from services.profile.main import build
from services.profile.settings import Settings
from services.profile.store.imports import imports
from tests.deployment import Deployment
from tests.profile.test_imports import _customers, _run, _upload
from tests.waiting import eventually

FILE = b"""email,first_name,city,tags,seats
ada@example.com,Augusta,Graz,csv,6
new@example.com,New,Linz,csv,1
surveyed@example.com,Sue,Linz,csv,2
spoken@example.com,Spock,Linz,csv,3
NEW@example.com,Newer,Wels,csv,4
"""


async def _undone(profile: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    answer = await profile.post(f"/v1/imports/{id_}/undo")
    assert answer.status_code == 202, answer.text

    async def ended() -> dict[str, Any]:
        found: dict[str, Any] = (await profile.get(f"/v1/imports/{id_}")).json()
        return found if found["state"] in {"undone", "failed"} else {}

    return await eventually(ended)


async def test_an_undone_import_leaves_what_was_before_and_what_others_built_on(deployment: Deployment) -> None:
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service) as profile:
        hand = {"email": "ada@example.com", "first_name": "Ada", "tags": ["vip"], "properties": {"seats": 5}}
        before = (await profile.post("/v1/customers", json=hand)).json()
        import_ = await _upload(profile, FILE)
        done = await _run(profile, import_)
        people = await _customers(profile)
        spoken, surveyed = people["spoken@example.com"], people["surveyed@example.com"]
        await profile.patch(f"/v1/customers/{spoken['id']}", json={"company": "ACME", "city": "Wien"})
        await service.database.collection("customers").update_one(
            {"_id": surveyed["id"]}, {"$set": {"delivery_stats": {"sent": 1}}}
        )

        undone = await _undone(profile, done["id"])
        again = await profile.post(f"/v1/imports/{done['id']}/undo")

        assert [done[name] for name in ("created", "changed", "doubled")] == [3, 2, 1]
        assert [undone[name] for name in ("state", "removed", "put_back", "kept")] == ["undone", 1, 1, 2]
        assert (again.status_code, again.json()["code"]) == (409, "import-not-run")
        ada = (await profile.get(f"/v1/customers/{before['id']}")).json()
        names = ("first_name", "city", "tags", "properties", "deleted_at")
        assert {name: ada[name] for name in names} == {name: before[name] for name in names}
        spoken = (await profile.get(f"/v1/customers/{spoken['id']}")).json()
        assert [spoken[name] for name in ("email", "first_name", "city", "company", "tags")] == [
            *(None, None, "Wien", "ACME", []),
        ]
        assert (await profile.get(f"/v1/customers/{surveyed['id']}")).json()["deleted_at"] is not None
        assert (await profile.get(f"/v1/customers/{people['NEW@example.com']['id']}")).status_code == 404

        async def told() -> bool:
            gone = [event.subject for event in await deployment.events(topics.PROFILE_CUSTOMERS) if event.data is None]
            return gone == [people["NEW@example.com"]["id"]]

        await eventually(told)


async def test_a_dry_run_counts_rows_about_one_customer_over_all_pieces_and_cannot_be_undone(
    profile: httpx.AsyncClient,
) -> None:
    rows = [b"email,first_name\n", *(b"p%d@example.com,P\n" % (n % 40) for n in range(100))]
    import_ = await _upload(profile, b"".join(rows), size=300)

    dry = await _run(profile, import_, dry_run=True)
    refused = await profile.post(f"/v1/imports/{dry['id']}/undo")
    real = await _run(profile, import_)

    assert [dry[name] for name in ("created", "doubled")] == [real[name] for name in ("created", "doubled")] == [40, 60]
    assert refused.status_code == 409


@pytest.fixture
async def idle(deployment: Deployment) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service, "relay") as client:
        yield client, service.database


async def _work(database: Database, holder: str, *, steps: int = 100) -> None:
    for _ in range(steps):
        import_ = await imports.take(database, holder, 0)
        if import_ is None:
            return
        await import_step(database, import_, holder)


async def test_f10_one_who_stops_in_an_undo_is_followed_by_another_and_each_piece_is_taken_back_once(
    idle: tuple[httpx.AsyncClient, Database],
) -> None:
    profile, database = idle
    rows = [b"email,city\n", *(b"p%d@example.com,Graz\n" % n for n in range(60))]
    import_ = await _upload(profile, b"".join(rows), size=200)
    path = f"/v1/imports/{import_['id']}"
    assert (await profile.post(f"{path}/start", json={"columns": import_["suggested"]})).status_code == 202
    await _work(database, "first")
    assert (await profile.post(f"{path}/undo")).status_code == 202
    await _work(database, "first", steps=2)
    stopped = (await profile.get(path)).json()
    await _work(database, "second")

    undone = (await profile.get(path)).json()
    assert (stopped["state"], 0 < stopped["removed"] < 60) == ("undoing", True)
    assert (undone["state"], undone["removed"]) == ("undone", 60)
    assert await _customers(profile) == {}


async def test_who_is_erased_is_in_no_undo_any_more(idle: tuple[httpx.AsyncClient, Database]) -> None:
    from chassis.clock import now
    from services.profile.commands.customers import Author, erase_customer

    profile, database = idle
    made = (await profile.post("/v1/customers", json={"email": "a@example.com", "city": "Wien"})).json()
    import_ = await _upload(profile, b"email,city\na@example.com,Graz\n")
    await profile.post(f"/v1/imports/{import_['id']}/start", json={"columns": import_["suggested"]})
    await _work(database, "one")
    before = await database.collection("import_undo").find().to_list(None)
    author = Author(by="test", now=now(), request_id="r-1")
    await database.transact(lambda tx: erase_customer(tx, made["id"], author))

    after = await database.collection("import_undo").find().to_list(None)
    assert ("Wien" in str(before), "Wien" in str(after)) == (True, False)
    assert await database.collection("history").find_one({"_id": made["id"]}) is None
