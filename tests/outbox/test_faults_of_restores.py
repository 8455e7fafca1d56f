"""A database from a backup does not know what was sent since: fault case F39, second half, on real streams.

Backup and restore are copies of all collections, as `mongodump` and `mongorestore` make them.
"""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis.clock import now
from chassis.mongo import Database
from services.outbox import commands, store
from services.outbox.domain.dispatch import State
from services.outbox.jobs.holding import Hold
from services.outbox.main import build, reconciliation
from services.outbox.settings import Settings
from tests.deployment import Deployment
from tests.outbox.events import BRAND, TEMPLATE, campaign, customer, erased, request
from tests.outbox.mailserver import MailServer
from tests.outbox.office import SECRET
from tests.waiting import eventually

Backup = dict[str, list[dict[str, Any]]]


async def _backup(database: Database) -> Backup:
    names = await database._db.list_collection_names()
    return {name: await database.collection(name).find().to_list(None) for name in names}


async def _restore(database: Database, backup: Backup) -> None:
    for name in await database._db.list_collection_names():
        await database.collection(name).delete_many({})
        if backup.get(name):
            await database.collection(name).insert_many(backup[name])


async def _states(database: Database) -> dict[str, str]:
    return {row["_id"]: row["state"] async for row in database.collection(store.DISPATCHES).find()}


@pytest.fixture
async def lost(deployment: Deployment, settings: Settings, database: Database, server: MailServer) -> Backup:
    """What a backup held, before ada's, cy's and eve's surveys went out, bob said no, and eve was erased."""
    async with deployment.client(build(settings)) as client:
        await client.post("/v1/sending/pause", json={})
        await database.transact(lambda tx: commands.put_brand(tx, BRAND, now()))
        await database.transact(lambda tx: commands.put_template(tx, TEMPLATE))
        await deployment.publish(topics.SCHEDULER_CAMPAIGNS, campaign())
        await deployment.publish(
            topics.PROFILE_CUSTOMERS, *(customer(id_) for id_ in ("ada", "bob", "cy", "dan", "eve", "hal"))
        )
        later = {"not_before": now() + timedelta(hours=1)}
        asked = (
            request("d1", "ada"),
            request("d2", "bob", **later),
            request("d8", "hal", **later),
            request("d9", "dan", **later),
        )
        await deployment.publish(topics.SCHEDULER_DISPATCH_REQUESTS, *asked)
        await eventually(lambda: _known(database, 4, 6), 30)
        backup = await _backup(database)
        await client.post("/v1/sending/resume", json={})
        await deployment.publish(topics.SCHEDULER_DISPATCH_REQUESTS, request("d3", "cy"), request("d4", "eve"))
        await eventually(lambda: len(server.mails) == 3, 30)
        await client.post("/v1/customers/bob/unsubscribe", json={})
        await deployment.publish(topics.PROFILE_CUSTOMERS, erased("eve", 2), customer("fay"))
        await eventually(lambda: _all_told(database), 30)
        await eventually(lambda: _gone(database, "eve"), 30)
    return backup


async def _known(database: Database, records: int, people: int) -> bool:
    found = await database.collection(store.DISPATCHES).count_documents({})
    return found == records and await database.collection(store.RECIPIENTS).count_documents({}) == people


async def _gone(database: Database, id_: str) -> bool:
    return await database.collection(store.GATES).count_documents({"_id": id_, "gone": "erased"}) == 1


async def _all_told(database: Database) -> bool:
    sent = await database.collection(store.DISPATCHES).count_documents({"state": "sent"})
    return sent == 3 and await database.collection("_pending").count_documents({}) == 0


async def _sending(client: httpx.AsyncClient) -> Any:
    return (await client.get("/v1/sending")).json()


async def _frozen(client: httpx.AsyncClient) -> bool:
    return (await _sending(client))["frozen"] is True


async def test_f39_a_restored_database_sends_nothing_until_it_is_reconciled_and_then_nothing_twice(
    deployment: Deployment, settings: Settings, database: Database, server: MailServer, lost: Backup
) -> None:
    await _restore(database, lost)
    await database.collection("brakes").delete_many({})
    async with deployment.client(build(settings)) as client:
        await eventually(lambda: _frozen(client), 30)
        status = await _sending(client)
        assert "restored from a backup" in status["history"][0]["note"]
        assert (await client.post("/v1/sending/resume", json={})).json()["code"] == "sending-frozen"
        assert len(server.mails) == 3

    # A request that was due and of which nothing was told: it may have gone out. An event that was published waits again.
    await database.collection(store.DISPATCHES).update_one(
        {"_id": "d8"}, {"$set": {"next_try_at": now() - timedelta(minutes=1)}}
    )
    old = {"topic": topics.OUTBOX_DISPATCHES.name, "subject": "d1"}
    await database.collection("_pending").insert_many([{**old, "_id": f"z{seq}", "seq": seq} for seq in (1, 9)])
    report = await reconciliation(settings).run("ops", now())

    assert (report.records, report.customers, report.unknown) == (3, 1, 1)
    assert await _states(database) == {
        **dict.fromkeys(("d1", "d3", "d4"), "sent"),
        **dict.fromkeys(("d2", "d9"), "queued"),
        "d8": "unknown",
    }
    left = {row["_id"] async for row in database.collection("_pending").find({"subject": "d1"}, {"_id": 1})}
    assert left == {"z9"}
    await database.collection("_pending").delete_one({"_id": "z9"})
    assert await _said_no(database, "bob", commands.address_id("bob@example.com", SECRET)) == 2
    assert await _gone(database, "eve")
    assert await database.collection(store.RECIPIENTS).count_documents({"_id": "fay"}) == 1
    await _all_due(database)
    async with deployment.client(build(settings)) as client:
        await eventually(lambda: len(server.mails) == 4, 30)
        assert (server.mails[3].recipient, (await _sending(client))["frozen"]) == ("dan@example.com", False)
        await eventually(lambda: _state(database, "d2", State.SUPPRESSED), 30)


async def _said_no(database: Database, *ids: str) -> int:
    return await database.collection(store.GATES).count_documents({"_id": {"$in": ids}, "opted_out": {"$ne": None}})


async def _all_due(database: Database) -> None:
    await database.collection(store.DISPATCHES).update_many({"phase": "queued"}, {"$set": {"next_try_at": now()}})


async def _state(database: Database, id_: str, state: State) -> bool:
    return (await _states(database))[id_] == state


async def test_f39_a_sender_that_does_not_look_back_sends_again_and_to_one_who_said_no(
    deployment: Deployment,
    settings: Settings,
    database: Database,
    server: MailServer,
    lost: Backup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The wrong variant."""

    async def never(hold: Hold) -> bool:
        del hold
        return False

    monkeypatch.setattr(Hold, "older", never)
    await _restore(database, lost)
    await database.collection("brakes").delete_many({})
    await _all_due(database)

    async with deployment.client(build(settings)):
        await eventually(lambda: len(server.to("ada@example.com")) == 2, 30)
        await eventually(lambda: server.to("bob@example.com"), 30)


async def test_f39_restored_beneath_a_running_sender_it_notices_within_a_second_or_two(
    deployment: Deployment, settings: Settings, database: Database, lost: Backup
) -> None:
    async with deployment.client(build(settings)) as client:
        await eventually(lambda: database.collection("runs").count_documents({}), 30)
        await _restore(database, lost)
        await eventually(lambda: _frozen(client), 30)
        released = await client.post("/v1/sending/release", json={"note": "a drill"})
        assert (released.json()["frozen"], released.json()["history"][0]["note"]) == (False, "a drill")
