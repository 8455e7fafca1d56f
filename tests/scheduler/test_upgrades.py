"""Data as earlier builds left it, brought up to this one: by command, once, and beside nothing but itself."""

from datetime import timedelta
from typing import Any

from sounding_contracts import topics

from chassis.clock import now
from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.main import build
from services.scheduler.settings import Settings
from sounding.commands.migrate import bring_up
from tests.deployment import Deployment
from tests.scheduler.events import customer, requests, start_campaign
from tests.waiting import eventually

NAMES = ["ada", "bob"]


def _as_before_looks(document: dict[str, Any]) -> dict[str, Any]:
    """A customer as builds before `looks` kept it: with its date and the version of the rules beside it."""
    gone = {"resting_until"}
    kept = {name: value for name, value in document.items() if name not in gone}
    return {**kept, "due_at": now() + timedelta(days=90), "version": 1}


async def _left_behind(database: Database) -> None:
    customers = database.collection(store.CUSTOMERS)
    for document in await customers.find().to_list(None):
        await customers.replace_one({"_id": document["_id"]}, _as_before_looks(document))
    await database.collection(store.LOOKS).delete_many({})
    # What profiles kept then: not by which keys triggers find them.
    await database.collection(store.PROFILES).update_many({}, {"$unset": {"keys": "", "tag_keys": ""}})


async def _known(database: Database) -> bool:
    return await database.collection(store.LOOKS).count_documents({}) == len(NAMES)


async def test_a_scheduler_goes_on_with_the_customers_of_an_earlier_build(
    deployment: Deployment, database: Database
) -> None:
    await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(name) for name in NAMES))
    async with deployment.client(build(Settings(chassis=deployment.settings))):
        await eventually(lambda: _known(database))
    await _left_behind(database)

    done = await bring_up("scheduler", deployment.settings, lambda _: None)

    assert done == {"looks": 2, "wider-projections": 2}
    assert await bring_up("scheduler", deployment.settings, lambda _: None) == {}
    old = {"$or": [{"due_at": {"$exists": True}}, {"version": {"$exists": True}}]}
    assert await database.collection(store.CUSTOMERS).count_documents(old) == 0
    async with deployment.client(build(Settings(chassis=deployment.settings))) as http:
        await start_campaign(http)
        assert {one.customer_id for one in await requests(deployment, 2)} == set(NAMES)


async def test_without_it_nobody_of_then_is_ever_looked_at(deployment: Deployment, database: Database) -> None:
    """The wrong variant."""
    await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(name) for name in NAMES))
    async with deployment.client(build(Settings(chassis=deployment.settings))) as http:
        await eventually(lambda: _known(database))
        await _left_behind(database)
        await start_campaign(http)
        await deployment.publish(topics.PROFILE_CUSTOMERS, customer("cy"))
        assert [one.customer_id for one in await requests(deployment, 1)] == ["cy"]
