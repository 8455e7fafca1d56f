"""What a service says of how long it keeps things is what its database and its topics do."""

import importlib

import httpx
from sounding_contracts import topics

from tests.deployment import Deployment
from tests.every_service.conftest import built

DAY = 86_400


async def test_every_time_that_is_named_is_in_force(deployment: Deployment, name: str) -> None:
    settings = importlib.import_module(f"services.{name}.settings").Settings(chassis=deployment.settings)
    async with deployment.client(built(name, deployment), "http") as client:
        found = (await client.get("/v1/retention")).json()["items"]
    service = deployment.opened(built(name, deployment))
    in_force = {getattr(settings, "session_days", None), *(topic.retention_days for topic in topics.ALL)}
    for collection in service.indexes:
        for index in (await service.database.collection(collection).index_information()).values():
            in_force.add(index.get("expireAfterSeconds", 0) / DAY)

    assert {"what": "dead-letters", "days": None} in found
    named = {one["days"] for one in found} - {None}
    assert named
    assert named <= in_force


async def test_who_may_not_look_at_operations_is_not_told(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/retention")).status_code == 401
