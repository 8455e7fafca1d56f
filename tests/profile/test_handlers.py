"""What profile makes of the events that it reads, on real Kafka and MongoDB."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment, sync_body
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually


@pytest.fixture
async def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    made = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(*topics.ALL)
    return made


@pytest.fixture
async def profile(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        yield client


async def _found(profile: httpx.AsyncClient, email: str) -> dict[str, object]:
    answer = await profile.get("/v1/customers", params={"email": email})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return items[0] if items else {}


async def test_a_sync_event_becomes_a_customer_whom_others_are_told_of(
    deployment: Deployment, profile: httpx.AsyncClient
) -> None:
    body = sync_body(email="Ada@Example.com", first_name="Ada", tags={"add": ["nps"]}, properties={"plan": "pro"})
    await deployment.publish_raw(topics.INTEGRATIONS_CUSTOMERS, body)

    ada = await eventually(lambda: _found(profile, "ada@example.com"))

    assert (ada["first_name"], ada["email"], ada["source"]) == ("Ada", "Ada@Example.com", "crm")
    assert (ada["tags"], ada["properties"], ada["status"]) == (["nps"], {"plan": "pro"}, None)
    told = await eventually(lambda: deployment.events(topics.PROFILE_CUSTOMERS))
    assert [(event.seq, event.subject, event.data.first_name) for event in told] == [(1, ada["id"], "Ada")]
