"""Feedback between its streams: what it hears, what it tells, and that it needs nobody to take an answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from sounding_contracts import topics
from sounding_contracts.envelope import encode

from chassis.mongo import Database
from chassis.service import Service, open_service_database
from chassis.tokens import Links
from deploy.local.kafka import Kafka
from deploy.local.ports import free_port
from services.feedback.main import build
from services.feedback.settings import Settings
from services.profile.main import build as build_profile
from services.profile.settings import Settings as ProfileSettings
from tests.deployment import SIGNING_KEY, Deployment
from tests.feedback.desk import Desk
from tests.feedback.events import brand, campaign, customer, dispatch, erased
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

SCHEMA = Path(__file__).parents[2] / "contracts" / "schemas" / "response.changed.v1.json"
PATH = f"/s/{Links([SIGNING_KEY]).make('survey', 'd1')}"


async def _publish_all(deployment: Deployment) -> None:
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer())
    await deployment.publish(topics.SCHEDULER_CAMPAIGNS, campaign())
    await deployment.publish(topics.OUTBOX_BRANDS, brand())
    await deployment.publish(topics.OUTBOX_DISPATCHES, dispatch())


async def _ready(client: httpx.AsyncClient) -> bool:
    shown = await client.get(PATH)
    return shown.status_code == 200 and "Northlight" in shown.text


async def _told(deployment: Deployment, count: int) -> list[Any]:
    async def enough() -> list[Any]:
        found = await deployment.events(topics.FEEDBACK_RESPONSES)
        assert len(found) >= count
        return found

    return await eventually(enough)


async def test_an_answer_is_told_whole_each_version_under_its_next_seq(
    deployment: Deployment, feedback: httpx.AsyncClient
) -> None:
    await _publish_all(deployment)
    await eventually(lambda: _ready(feedback))
    await feedback.post(PATH, data={"score": "9", "provisional": "1"})
    await feedback.post(PATH, data={"score": "9", "comment": "Good"})

    told = await _told(deployment, 2)
    assert [(event.subject, event.seq) for event in told] == [(told[0].subject, 1), (told[0].subject, 2)]
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for event in told:
        assert list(validator.iter_errors(json.loads(encode(event) or b""))) == []
    last = told[-1].data
    assert (last.score, last.score_class, last.comment, last.provisional) == (9, "promoter", "Good", False)
    assert (last.customer_id, last.dispatch_id, last.campaign_id) == ("ada", "d1", "nps")
    assert last.attributes.company == "Acme"


async def test_f53_a_bare_tombstone_takes_the_person_out_of_its_answers(
    deployment: Deployment, feedback: httpx.AsyncClient
) -> None:
    await _publish_all(deployment)
    await eventually(lambda: _ready(feedback))
    await feedback.post(PATH, data={"score": "3", "comment": "I am Ada"})
    await _told(deployment, 1)

    await deployment.publish_raw(topics.PROFILE_CUSTOMERS, None, key=b"ada")

    last = (await _told(deployment, 2))[-1].data
    assert (last.score, last.comment, last.attributes.company, last.attributes.country) == (3, None, None, "AT")
    assert (await feedback.get(PATH)).status_code == 410


async def test_it_takes_answers_while_all_others_are_down_and_they_hear_of_them_when_they_are_back(
    deployment: Deployment, feedback: httpx.AsyncClient
) -> None:
    """Profile makes a customer and dies; of scheduler and outbox there is nothing but what they once said."""

    def profile() -> Service:
        return build_profile(ProfileSettings(chassis=deployment.settings))

    async with deployment.client(profile(), "http", "relay") as client:
        made = await client.post("/v1/customers", json={"email": "ada@example.com", "country": "AT"})
    ada: str = made.raise_for_status().json()["id"]
    await deployment.publish(topics.SCHEDULER_CAMPAIGNS, campaign())
    await deployment.publish(topics.OUTBOX_BRANDS, brand())
    await deployment.publish(topics.OUTBOX_DISPATCHES, dispatch(customer_id=ada))

    await eventually(lambda: _ready(feedback))
    for form in ({"score": "3", "provisional": "1"}, {"score": "9", "comment": "Good"}):
        assert (await feedback.post(PATH, data=form)).status_code == 200
    assert [event.data.score for event in await _told(deployment, 2)] == [3, 9]

    async with deployment.client(profile(), "http", "streams") as client:

        async def heard() -> bool:
            shown = await client.get(f"/v1/customers/{ada}")
            return bool(shown.raise_for_status().json()["last_score"] == 9)

        await eventually(heard)


async def test_f16_it_takes_answers_while_kafka_is_away_and_tells_of_them_when_it_is_back(
    infrastructure: Shared, own_broker: Kafka, prefix: Prefix
) -> None:
    deployment = Deployment(own_broker.address, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    await _publish_all(deployment)
    async with deployment.client(build(Settings(chassis=deployment.settings))) as client:
        await eventually(lambda: _ready(client))
        own_broker.kill()
        for n in range(3):
            posted = await client.post(PATH, data={"score": str(n), "comment": f"version {n}"})
            assert posted.status_code == 200
        own_broker.start()
        await asyncio.to_thread(own_broker.wait_ready)

        comments = [event.data.comment for event in await _told(deployment, 3)]
    assert comments == ["version 0", "version 1", "version 2"]


async def test_it_starts_and_takes_answers_where_there_is_no_kafka_at_all(
    infrastructure: Shared, prefix: Prefix
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    deployment = Deployment(nowhere, infrastructure.mongodb, prefix.topics, prefix.database)
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service, "http") as client:
        await Desk(service.database, Settings(chassis=deployment.settings), client).open()
        assert (await client.post(PATH, data={"score": "9"})).status_code == 200
        assert (await client.get("/health/live")).status_code == 200


@pytest.fixture
async def database(deployment: Deployment) -> AsyncIterator[Database]:
    opened = open_service_database(deployment.settings, "feedback")
    yield opened
    opened.close()


async def test_f08_f09_old_and_repeated_news_change_nothing(
    deployment: Deployment, feedback: httpx.AsyncClient, database: Database
) -> None:
    await deployment.publish(
        topics.SCHEDULER_CAMPAIGNS,
        campaign(seq=3, name="Third"),
        campaign(seq=2, name="Second"),
        campaign(seq=3, name="Third"),
        campaign("last", seq=1),
    )

    async def read() -> bool:
        return await database.collection("campaigns").find_one({"_id": "last"}) is not None

    await eventually(read)
    row = await database.collection("campaigns").find_one({"_id": "nps"})
    assert row is not None
    assert (row["name"], row["seq"]) == ("Third", 3)


async def test_f06_tombstones_of_the_unknown_and_twice_are_nothing(
    deployment: Deployment, feedback: httpx.AsyncClient, database: Database
) -> None:
    await deployment.publish(topics.PROFILE_CUSTOMERS, erased("nobody"), customer(), erased("ada", 2), erased("ada", 2))
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("bob"))

    async def read() -> bool:
        known = [row["_id"] async for row in database.collection("customers").find({})]
        return known == ["bob"]

    await eventually(read)
    assert await database.collection("_dead_letters").count_documents({}) == 0
