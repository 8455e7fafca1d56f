"""No mail goes by what was known of customers a while ago: fault case F40, over real streams."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sounding_contracts import topics
from sounding_contracts.envelope import Event

from chassis import consumer, freshness
from chassis.clock import now
from chassis.errors import Unavailable
from chassis.mongo import Database
from services.outbox import commands
from services.outbox.domain.dispatch import State
from services.outbox.jobs.holding import Hold
from services.outbox.main import build
from services.outbox.settings import Settings
from tests.deployment import Deployment
from tests.outbox.events import BRAND, TEMPLATE, campaign, customer, erased, request
from tests.outbox.mailserver import MailServer
from tests.waiting import eventually

BOUND_SECONDS = 2.0


@pytest.fixture
async def reader(
    deployment: Deployment, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an outbox in two parts, as two processes have them: one reads and serves, the other sends."""
    monkeypatch.setattr(freshness, "NOTE_SECONDS", 0.1)
    monkeypatch.setattr(consumer, "MAX_PAUSE_SECONDS", 0.2)
    settings = settings.model_copy(update={"stale_after_seconds": BOUND_SECONDS, "poll_seconds": 0.05})
    async with deployment.client(build(settings), "http", "streams") as client:
        await database.transact(lambda tx: commands.put_brand(tx, BRAND, now()))
        await database.transact(lambda tx: commands.put_template(tx, TEMPLATE))
        await deployment.publish(topics.SCHEDULER_CAMPAIGNS, campaign())
        await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(id_) for id_ in ("ada", "bob", "cy")))
        async with deployment.client(build(settings), "jobs:send"):
            yield client


class Deafness:
    """While it lasts, nothing that is said of customers is applied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lasts = False
        self._right = commands.follow_recipients
        monkeypatch.setattr(commands, "follow_recipients", self._follow)

    async def _follow(self, tx: Any, events: list[Event[Any]]) -> set[str]:
        if self.lasts:
            raise Unavailable("deaf", "hears nothing")
        return await self._right(tx, events)


async def _held(client: httpx.AsyncClient, *, so: bool) -> bool:
    return bool((await client.get("/v1/sending")).json()["held"]) is so


async def _ask(deployment: Deployment, dispatch_id: str, customer_id: str) -> None:
    await deployment.publish(topics.SCHEDULER_DISPATCH_REQUESTS, request(dispatch_id, customer_id))


async def _known(client: httpx.AsyncClient, id_: str) -> bool:
    return (await client.get(f"/v1/dispatches/{id_}")).status_code == 200


async def _state(client: httpx.AsyncClient, id_: str, state: State) -> bool:
    answer = await client.get(f"/v1/dispatches/{id_}")
    return answer.status_code == 200 and answer.json()["state"] == state


async def _deaf_to_bobs_end(deployment: Deployment, reader: httpx.AsyncClient, deaf: Deafness) -> None:
    """Bob is erased, which nobody hears for longer than the bound; then a survey of his falls due."""
    await eventually(lambda: _held(reader, so=False), 30)
    deaf.lasts = True
    await deployment.publish(topics.PROFILE_CUSTOMERS, erased("bob", 2))
    await eventually(lambda: _held(reader, so=True))
    await _ask(deployment, "d2", "bob")
    await eventually(lambda: _known(reader, "d2"))


async def test_f40_while_news_of_customers_is_stale_nothing_goes_out_and_then_by_itself(
    deployment: Deployment, reader: httpx.AsyncClient, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf, looks, right = Deafness(monkeypatch), [], Hold.stale

    async def counted(hold: Hold) -> bool:
        looks.append(await right(hold))
        return looks[-1]

    monkeypatch.setattr(Hold, "stale", counted)
    await _ask(deployment, "d1", "ada")
    await eventually(lambda: len(server.mails) == 1, 30)
    await _deaf_to_bobs_end(deployment, reader, deaf)
    status = (await reader.get("/v1/sending")).json()
    assert (status["paused"], status["held"], status["customers_age_seconds"] > BOUND_SECONDS) == (False, True, True)
    looks.clear()
    await eventually(lambda: len(looks) >= 5)
    assert (all(looks), len(server.mails)) == (True, 1)

    deaf.lasts = False
    await eventually(lambda: _state(reader, "d2", State.SUPPRESSED), 30)
    await _ask(deployment, "d3", "cy")
    await eventually(lambda: len(server.mails) == 2, 30)
    assert [mail.recipient for mail in server.mails] == ["ada@example.com", "cy@example.com"]


async def test_f40_a_sender_that_does_not_ask_mails_one_who_was_erased_meanwhile(
    deployment: Deployment, reader: httpx.AsyncClient, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant."""

    async def never(hold: Hold) -> bool:
        del hold
        return False

    deaf = Deafness(monkeypatch)
    monkeypatch.setattr(Hold, "stale", never)
    await _deaf_to_bobs_end(deployment, reader, deaf)
    await eventually(lambda: [mail.recipient for mail in server.mails] == ["bob@example.com"])
    deaf.lasts = False
