"""Hundreds answer in the same moment while the database dies: whoever was thanked is in it, once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis.clock import now
from chassis.mongo import Database, Transaction
from chassis.tokens import Links
from deploy.local.mongodb import Mongod
from services.feedback import commands, store
from services.feedback.main import build
from services.feedback.public import taker
from services.feedback.settings import Settings
from tests.deployment import SIGNING_KEY, Deployment
from tests.feedback.desk import Desk
from tests.feedback.events import dispatch
from tests.fixtures import Prefix
from tests.infrastructure import Shared

RESPONDENTS = 500
THANKED_BEFORE = 100


class Crowd:
    """People who answer one survey each, all at once; knows who was thanked."""

    def __init__(self) -> None:
        self._links = Links([SIGNING_KEY])
        self.thanked: set[str] = set()
        self.some_thanked, self.database_died = asyncio.Event(), asyncio.Event()

    async def answer(self, url: httpx.URL) -> None:
        """Everybody, to the end."""
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) as client:
            await asyncio.gather(*(self._respond(client, f"r{number}") for number in range(RESPONDENTS)))

    async def _respond(self, client: httpx.AsyncClient, dispatch_id: str) -> None:
        form = {"score": "9", "comment": dispatch_id}
        answer = await client.post(f"/s/{self._links.make('survey', dispatch_id)}", data=form)
        assert answer.status_code in {200, 503}
        if answer.status_code == 200:
            self.thanked.add(dispatch_id)
            if len(self.thanked) >= THANKED_BEFORE:
                self.some_thanked.set()


@pytest.fixture
async def desk(own_mongod: Mongod, infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Desk]:
    """Five hundred people who were asked, on a database that dies."""
    deployment = Deployment(infrastructure.kafka, own_mongod.address, prefix.topics, prefix.database)
    settings = Settings(chassis=deployment.settings)
    service = build(settings)
    async with deployment.client(service, "http") as client:
        made = Desk(service.database, settings, client)
        await made.open()
        surveys = [dispatch(f"r{number}") for number in range(RESPONDENTS)]
        rows = [{**event.data.model_dump(), "_id": event.subject, "seq": 1} for event in surveys if event.data]
        await service.database.collection(store.DISPATCHES).insert_many(rows)
        yield made


async def _lost(desk: Desk, mongod: Mongod, crowd: Crowd) -> set[str]:
    """Who was thanked, and is not in the database once it is back. Everybody is there once at most."""
    answering = asyncio.create_task(crowd.answer(desk.http.base_url))
    await asyncio.wait_for(crowd.some_thanked.wait(), 60)
    mongod.kill()
    crowd.database_died.set()
    mongod.start()
    await asyncio.to_thread(mongod.wait_ready)
    await answering
    answers = await desk.answers()
    stored = [str(answer.dispatch_id) for answer in answers]
    assert len(stored) == len(set(stored))
    told = await desk.database.collection("_pending").find({}, {"subject": 1}).to_list(None)
    assert sorted(row["subject"] for row in told) == sorted(answer.id for answer in answers)
    return crowd.thanked - set(stored)


async def test_f25_who_was_thanked_while_the_database_died_is_in_it_once(desk: Desk, own_mongod: Mongod) -> None:
    crowd = Crowd()

    assert await _lost(desk, own_mongod, crowd) == set()
    assert len(crowd.thanked) >= THANKED_BEFORE


class DecidedError(Exception):
    """Ends a transaction once it is known what to say."""

    def __init__(self, results: list[Any]) -> None:
        super().__init__()
        self.results = results


async def test_f25_who_is_thanked_before_the_commit_may_be_lost(
    desk: Desk, own_mongod: Mongod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: people are thanked first, and what they said is stored soon after."""
    crowd = Crowd()

    async def early(database: Database, _: int, posts: Any) -> list[Any]:
        async def work(tx: Transaction) -> list[Any]:
            return list(await commands.answer_all(tx, posts, now=now(), editable=timedelta(days=7)))

        async def decide(tx: Transaction) -> None:
            raise DecidedError(await work(tx))

        with pytest.raises(DecidedError) as decided:
            await database.transact(decide)
        if crowd.database_died.is_set():
            return await database.transact(work)
        # Its turn to be stored would have come soon.
        return decided.value.results

    monkeypatch.setattr(taker, "_store", early)

    assert await _lost(desk, own_mongod, crowd)
