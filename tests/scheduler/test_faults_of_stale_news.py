"""Nobody is asked by what was known of customers a while ago: fault case F40, over real streams."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics
from sounding_contracts.envelope import Event

from chassis import consumer, freshness
from chassis.errors import Unavailable
from chassis.mongo import Database
from services.scheduler.commands import projections
from services.scheduler.main import build
from services.scheduler.settings import Settings
from services.scheduler.views.news import STREAMS, News
from tests.deployment import Deployment
from tests.scheduler.events import customer, deliverability, requests, start_campaign, until
from tests.waiting import eventually

BOUND_SECONDS = 2.0


@pytest.fixture
async def reader(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a scheduler in two parts, as two processes have them: one reads and serves, the other claims."""
    monkeypatch.setattr(consumer, "MAX_PAUSE_SECONDS", 0.2)
    settings = Settings(chassis=deployment.settings, stale_after_seconds=BOUND_SECONDS, poll_seconds=0.05)
    async with (
        deployment.client(build(settings), "http", "streams") as client,
        deployment.client(build(settings), "jobs", "relay"),
    ):
        yield client


class Deafness:
    """While it lasts, nothing that is said of whom to leave alone is applied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lasts = False
        self._right = projections.follow_deliverability
        monkeypatch.setattr(projections, "follow_deliverability", self._follow)

    async def _follow(self, tx: Any, events: list[Event[Any]]) -> set[str]:
        if self.lasts:
            raise Unavailable("deaf", "hears nothing")
        return await self._right(tx, events)


async def _deaf_to_bobs_no(deployment: Deployment, reader: httpx.AsyncClient, database: Database, deaf: Any) -> None:
    """Bob says no, which nobody hears for longer than the bound; then a survey of his falls due."""

    async def known() -> bool:
        return await freshness.age(database, "deliverability") is not None

    # Of a stream that was never read to its end nobody can say how old it is.
    await eventually(known)
    deaf.lasts = True
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("bob", 1, "unsubscribed"))

    async def stale() -> bool:
        age = await freshness.age(database, "deliverability")
        return age is not None and age > timedelta(seconds=BOUND_SECONDS)

    await eventually(stale)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("bob"))


async def test_f40_while_news_is_stale_nobody_is_asked_and_then_by_itself(
    deployment: Deployment, reader: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf, looks, right = Deafness(monkeypatch), [], News.stale

    async def counted(news: News) -> bool:
        looks.append(await right(news))
        return looks[-1]

    monkeypatch.setattr(News, "stale", counted)
    await start_campaign(reader)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    assert [one.customer_id for one in await requests(deployment)] == ["ada"]
    await _deaf_to_bobs_no(deployment, reader, database, deaf)
    await until(reader, "bob", kind="dated", reason="first")
    looks.clear()
    await eventually(lambda: len(looks) >= 10)
    assert all(looks)
    assert len(await requests(deployment)) == 1

    deaf.lasts = False
    await until(reader, "bob", kind="none", reason="unsubscribed")
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("cy"))
    assert {one.customer_id for one in await requests(deployment, 2)} == {"ada", "cy"}


async def test_f40_a_scheduler_that_does_not_ask_how_old_its_news_is_asks_one_who_said_no(
    deployment: Deployment, reader: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant."""

    async def never(news: News) -> bool:
        del news
        return False

    deaf = Deafness(monkeypatch)
    monkeypatch.setattr(News, "stale", never)
    await start_campaign(reader)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    await requests(deployment)
    await _deaf_to_bobs_no(deployment, reader, database, deaf)
    assert {one.customer_id for one in await requests(deployment, 2)} == {"ada", "bob"}
    deaf.lasts = False


@pytest.mark.parametrize("silent", STREAMS)
async def test_f40_either_stream_may_be_the_one_that_is_behind(
    deployment: Deployment, database: Database, silent: str
) -> None:
    bound = timedelta(seconds=30)
    for purpose in STREAMS:
        old = timedelta(seconds=31) if purpose == silent else timedelta()
        await freshness.Notes(database, purpose).note(await database.now() - old, {0: 0}, {0: 0}, 1)
    assert await News(database, bound).stale()

    await freshness.Notes(database, silent).note(await database.now(), {0: 0}, {0: 0}, 1)
    assert not await News(database, bound).stale()
