"""Kafka loses every topic, MongoDB nothing: each service tells its streams again, and all copies come out as they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from sounding_contracts import topics

from chassis import topics as broker
from sounding.commands.rebuild import rebuild
from sounding.commands.retell import retell
from sounding.output import Failure
from tests.deployment import Deployment
from tests.system.house import House, Post, living, start_campaign, sync
from tests.waiting import eventually

OWNERS = ("profile", "scheduler", "outbox", "feedback")
STATE = [topic for topic in topics.ALL if topic.kind == "state"]


async def _live(house: House) -> str:
    """A campaign; ada and bob are asked and answer, bob's is taken out; eve says no, fay is erased. Ada's id."""
    await start_campaign(house)
    for name in ("ada", "bob", "eve", "fay"):
        sync(house, name, tags=["nps"])
    for name, score in (("ada", 9), ("bob", 3)):
        await _answer(house, f"{name}@example.com", score)
    await eventually(lambda: _answered(house, "ada", "bob"))
    ada, bob, eve, fay = [await house.customer(f"{name}@example.com") for name in ("ada", "bob", "eve", "fay")]
    answers = (await house.feedback.get("/v1/responses", params={"customer_id": bob["id"]})).json()["items"]
    for client, method, path in (
        (house.feedback, "DELETE", f"/v1/responses/{answers[0]['id']}"),
        (house.outbox, "POST", f"/v1/customers/{eve['id']}/unsubscribe"),
        (house.profile, "POST", f"/v1/customers/{fay['id']}/erase"),
    ):
        (await client.request(method, path, json={} if method == "POST" else None)).raise_for_status()
    await eventually(lambda: _refused(house, "eve"))
    return str(ada["id"])


async def _answer(house: House, address: str, score: int) -> None:
    (mail,) = await eventually(lambda: house.mailbox.to(address))
    posted = await house.feedback.post(await house.page_in(mail), data={"score": str(score), "comment": "so"})
    assert posted.status_code == 200


async def _answered(house: House, *names: str) -> bool:
    return all([(await house.customer(f"{name}@example.com"))["last_score"] is not None for name in names])


async def _refused(house: House, name: str) -> bool:
    return bool((await house.customer(f"{name}@example.com"))["status"] == "unsubscribed")


async def _quiet(house: House) -> None:
    """Nothing waits to be published, and every reader has read what was."""

    async def none_waits() -> bool:
        settings = house.deployment.settings
        with MongoClient[dict[str, Any]](settings.mongodb.get_secret_value()) as client:
            names = [f"{settings.database_prefix}{service}" for service in OWNERS]
            waiting = sum(client[name]["_pending"].count_documents({}) for name in names)
        stale = [one for one in OWNERS if await _behind(getattr(house, one))]
        return not waiting and not stale

    await eventually(none_waits)


async def _behind(client: httpx.AsyncClient) -> bool:
    lines = (await client.get("/metrics")).text.splitlines()
    return any(line.startswith("sounding_consumer_lag_records{") and float(line.split()[-1]) > 0 for line in lines)


async def _lose(deployment: Deployment) -> None:
    await broker.delete(deployment.settings, topics.ALL)

    async def gone() -> bool:
        return len(await broker.faults(deployment.settings, topics.ALL)) == len(topics.ALL)

    await eventually(gone)


@asynccontextmanager
async def _editing(house: House, id_: str) -> AsyncIterator[None]:
    """Somebody changes a customer again and again meanwhile."""
    stop = asyncio.Event()

    async def edit() -> int:
        count = 0
        while not stop.is_set() or count < 3:
            count += 1
            changed = await house.profile.patch(f"/v1/customers/{id_}", json={"job_title": f"Chief {count}"})
            changed.raise_for_status()
        return count

    editing = asyncio.create_task(edit())
    yield
    stop.set()
    count = await editing
    assert (await house.customer("ada@example.com"))["job_title"] == f"Chief {count}"


async def test_from_empty_topics_every_copy_comes_out_as_it_is_while_people_edit(
    deployment: Deployment, environment: None
) -> None:
    with Post() as post:
        async with living(deployment, post) as house:
            ada = await _live(house)
            await _quiet(house)
        before = {topic.name: _last(await deployment.events(topic)) for topic in STATE}
        await _lose(deployment)
        with pytest.raises(Failure, match="sounding topics create"):
            await asyncio.to_thread(retell, "profile")
        await deployment.make(*topics.ALL)
        async with living(deployment, post) as house:
            async with _editing(house, ada):
                await asyncio.gather(*(asyncio.to_thread(retell, name) for name in OWNERS))
            await _quiet(house)
            for name in OWNERS:
                # Not at once: FastAPI builds routes with warnings caught, which threads undo for each other.
                await asyncio.to_thread(rebuild, name, compare=True)
            sync(house, "dan", tags=["nps"])
            await eventually(lambda: house.mailbox.to("dan@example.com"))
            assert len(post.mailbox.mails) == len({address for address, _ in post.mailbox.mails})
        await _is_on_the_topics(deployment, before)


async def _is_on_the_topics(deployment: Deployment, before: dict[str, dict[str, int]]) -> None:
    """Every subject, under its number or a later one; and its last record is its newest: compaction keeps that."""
    for topic in STATE:
        events = await deployment.events(topic)
        last = _last(events)
        assert before[topic.name]
        assert {id_: last.get(id_, 0) >= seq for id_, seq in before[topic.name].items()} == dict.fromkeys(
            before[topic.name], True
        ), topic.name
        for event in events:
            assert (event.seq or 0) <= last[str(event.subject)], (topic.name, event.id)


def _last(events: list[Any]) -> dict[str, int]:
    return {str(event.subject): event.seq or 0 for event in events}
