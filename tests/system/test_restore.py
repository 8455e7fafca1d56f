"""A backup taken while everything runs, all databases lost, and the way back: nothing sent twice, nothing told forgotten."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from sounding_contracts import topics

from chassis.clock import now
from deploy.local.stack import SERVICES
from sounding.backup import files
from sounding.commands.backup import backup, restore
from sounding.output import Failure
from tests.deployment import Deployment
from tests.infrastructure import Shared
from tests.system.house import House, Post, living, start_campaign, sync
from tests.waiting import eventually

CAMPAIGN = "/v1/campaigns/relationship-nps"


async def _surveyed(house: House, name: str) -> str:
    """The page of the survey that it gets."""
    sync(house, name, tags=["nps"])
    (mail,) = await eventually(lambda: house.mailbox.to(f"{name}@example.com"))
    return await house.page_in(mail)


async def _answers(house: House, page: str, name: str, score: int) -> None:
    posted = await house.feedback.post(page, data={"score": str(score), "comment": f"{name} says"})
    assert posted.status_code == 200
    await eventually(lambda: _has_score(house, name, score))


async def _has_score(house: House, name: str, score: int) -> bool:
    found = await house.customer(f"{name}@example.com")
    planned = (found.get("next_survey") or {}).get("reason")
    return bool(found and found["last_score"] == score and planned == "recurring")


async def _said_no(house: House, name: str) -> bool:
    return bool((await house.customer(f"{name}@example.com"))["status"] == "unsubscribed")


async def _after_the_backup(house: House) -> dict[str, Any]:
    """What only the streams know once the databases are lost; bob as he was then."""
    await _answers(house, await _surveyed(house, "bob"), "bob", 3)
    ada, fay = [await house.customer(f"{name}@example.com") for name in ("ada", "fay")]
    (await house.profile.patch(f"/v1/customers/{ada['id']}", json={"job_title": "Chief"})).raise_for_status()
    (await house.outbox.post(f"/v1/customers/{ada['id']}/unsubscribe", json={})).raise_for_status()
    (await house.profile.post(f"/v1/customers/{fay['id']}/erase")).raise_for_status()
    (await house.scheduler.patch(CAMPAIGN, json={"name": "Renamed"})).raise_for_status()
    await eventually(lambda: _said_no(house, "ada"))
    await eventually(lambda: _all_told(house))
    return await house.customer("bob@example.com")


async def _all_told(house: House) -> bool:
    settings = house.deployment.settings
    with MongoClient[dict[str, Any]](settings.mongodb.get_secret_value()) as client:
        names = [f"{settings.database_prefix}{service}" for service in SERVICES]
        return not any(client[name]["_pending"].count_documents({}) for name in names)


async def test_what_was_told_after_the_backup_is_there_again_and_nobody_is_mailed_twice(
    deployment: Deployment, environment: None, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    with Post() as post:
        async with living(deployment, post) as house:
            await start_campaign(house)
            sync(house, "fay")
            await _answers(house, await _surveyed(house, "ada"), "ada", 9)
            await eventually(lambda: house.customer("fay@example.com"))
            await asyncio.to_thread(backup, folder)
            with pytest.raises(Failure, match="still reading"):
                await asyncio.to_thread(restore, folder, over=True)
            bob = await _after_the_backup(house)
        lost_at, mails = now(), len(post.mailbox.mails)
        _lose(deployment)
        await asyncio.to_thread(restore, folder, lost_at=lost_at.replace(tzinfo=None))
        async with living(deployment, post) as house:
            await _as_before(house, bob)
            assert len(post.mailbox.mails) == mails + 1
    await _later_news_is_news(deployment)


def _lose(deployment: Deployment) -> None:
    settings = deployment.settings
    with MongoClient[dict[str, Any]](settings.mongodb.get_secret_value()) as client:
        assert len(files.drop(client, settings.database_prefix)) == 4


async def _as_before(house: House, bob: dict[str, Any]) -> None:
    again = await eventually(lambda: house.customer("bob@example.com"))
    assert (again["id"], again["external_ids"]) == (bob["id"], {"crm": "c-bob"})
    await eventually(lambda: _has_score(house, "bob", 3))
    await eventually(lambda: _said_no(house, "ada"))
    ada = await house.customer("ada@example.com")
    assert (ada["job_title"], ada["last_score"]) == ("Chief", 9)
    assert await house.customer("fay@example.com") == {}
    assert (await house.scheduler.get(CAMPAIGN)).json()["name"] == "Renamed"
    answers = (await house.feedback.get("/v1/responses")).json()["items"]
    assert {one["comment"] for one in answers} == {"ada says", "bob says"}
    assert (await house.outbox.get("/v1/sending")).json()["frozen"] is False
    sync(house, "bob", company="ACME")
    await _surveyed(house, "dan")
    await eventually(lambda: _works_at(house, "bob", "ACME"))


async def _works_at(house: House, name: str, company: str) -> bool:
    return bool((await house.customer(f"{name}@example.com"))["company"] == company)


async def _later_news_is_news(deployment: Deployment) -> None:
    """No subject goes back on a stream of state: a reader would pass over what comes then, and compaction keep it."""
    for topic in (one for one in topics.ALL if one.kind == "state"):
        last: dict[str, int] = {}
        for event in await deployment.events(topic):
            subject, seq = str(event.subject), event.seq or 0
            assert seq > last.get(subject, 0), (topic.name, subject, seq, last[subject])
            last[subject] = seq


async def test_a_backup_that_is_not_whole_is_not_put_back(
    deployment: Deployment, environment: None, infrastructure: Shared, tmp_path: Path
) -> None:
    name = f"{deployment.settings.database_prefix}profile"
    with MongoClient[dict[str, Any]](infrastructure.mongodb) as client:
        client[name]["things"].insert_many([{"_id": number} for number in range(1_500)])
    await asyncio.to_thread(backup, tmp_path / "backup")
    (part,) = files.read(tmp_path / "backup").parts
    assert part.documents == 1_500

    with pytest.raises(Failure, match="not empty"):
        await asyncio.to_thread(restore, tmp_path / "backup")
    (tmp_path / "backup" / part.path).write_bytes(b"cut")
    with pytest.raises(Failure, match="cannot be trusted"):
        await asyncio.to_thread(restore, tmp_path / "backup", over=True)
    with MongoClient[dict[str, Any]](infrastructure.mongodb) as client:
        assert client[name]["things"].count_documents({}) == 1_500
    (tmp_path / "backup" / files.MANIFEST).unlink()
    with pytest.raises(Failure, match="no whole backup"):
        await asyncio.to_thread(restore, tmp_path / "backup", over=True)
