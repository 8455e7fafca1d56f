"""What was told is told again: each subject as it is, once, and never behind what is newer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from chassis.errors import Conflict
from chassis.mongo import Collection, Document, Transaction
from chassis.pending import Outgoing
from chassis.service import Service, open_service_database
from chassis.streams import Router
from commons import retelling
from commons.retelling import Retelling, Source
from tests.chassis.toy import STATE, ThingChanged, outgoing
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

THINGS, GONE = "things", "gone"


@pytest.fixture
async def owner(infrastructure: Shared, prefix: Prefix) -> AsyncIterator["Owner"]:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(STATE)
    made = Owner(deployment)
    await made.service.prepare()
    yield made
    deployment.close()


class Owner:
    """A service that writes things and tells of each change."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        database = open_service_database(deployment.settings, "toy")
        indexes: dict[str, Any] = {THINGS: (), GONE: ()}
        service = Service(
            name="toy", settings=deployment.settings, database=database, indexes=indexes, streams=Router()
        )
        self.service, self.database, self.tries = deployment.opened(service), database, 0

    async def change(self, id_: str) -> None:
        """The next version of a thing, stored and told."""

        async def work(tx: Transaction) -> None:
            self.tries += 1
            found = await tx.collection(THINGS).find_one_and_update(
                {"_id": id_}, {"$inc": {"seq": 1}}, upsert=True, return_document=True, session=tx.session
            )
            assert found is not None
            await tx.publish(STATE, [outgoing(id_, found["seq"], found["seq"])])

        await self.database.transact(work)

    @asynccontextmanager
    async def published(self) -> AsyncIterator[None]:
        """Its relay runs."""
        async with self.service.running(["relay"]):
            yield

    def retelling(self, kind: type[Retelling] = Retelling) -> Retelling:
        return kind(self.database, STATE, (Source(GONE, _gone), Source(THINGS, _things)))

    async def quiet(self) -> None:
        async def none_waits() -> bool:
            return await self.database.collection("_pending").count_documents({}) == 0

        await eventually(none_waits)

    async def seqs(self, id_: str) -> list[int]:
        """Under which numbers the topic tells of a thing, in order."""
        return [event.seq or 0 for event in await self.deployment.events(STATE) if event.subject == id_]


def _things(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    del now
    return [outgoing(row["_id"], row["seq"], row["seq"]) for row in documents]


def _gone(rows: Sequence[Document], now: datetime) -> list[Outgoing]:
    return [Outgoing(subject=row["_id"], seq=row["seq"], type=ThingChanged.type, data=None, time=now) for row in rows]


class Slow(Retelling):
    """In the middle of each page somebody changes a thing, and that is let out as far as it can be."""

    owner: Owner

    async def _held(self, rows: Collection, query: Document, tx: Transaction) -> list[Document]:
        documents = await self._read(rows, query, tx)
        if not self.owner.tries:
            changing = asyncio.create_task(self.owner.change("one"))
            await eventually(lambda: changing.done() or self.owner.tries > 1)
            if changing.done():
                await self.owner.quiet()
            self.changing = changing
        return documents

    async def _read(self, rows: Collection, query: Document, tx: Transaction) -> list[Document]:
        return await super()._held(rows, query, tx)


class OnlyRead(Slow):
    """Wrong: it reads in its transaction, and is in nobody's way."""

    async def _read(self, rows: Collection, query: Document, tx: Transaction) -> list[Document]:
        return await rows.find(query, session=tx.session).to_list(None)


@pytest.mark.parametrize(("kind", "told"), [(Slow, [1, 1, 2]), (OnlyRead, [1, 2, 1])])
async def test_what_is_told_again_never_comes_behind_a_change_made_meanwhile(
    owner: Owner, kind: type[Slow], told: list[int]
) -> None:
    async with owner.published():
        await owner.change("one")
        await owner.quiet()
        owner.tries, once = 0, owner.retelling(kind)
        assert isinstance(once, Slow)
        once.owner = owner

        await once.run()
        await once.changing
        await owner.quiet()

    assert await owner.seqs("one") == told


async def test_it_tells_each_once_leaves_no_trace_and_does_not_repeat_what_waits(owner: Owner) -> None:
    for number in range(3):
        await owner.change(f"t{number}")
    await owner.database.collection(GONE).insert_one({"_id": "x", "seq": 7})
    before = await owner.database.collection(THINGS).find().to_list(None)
    # Told while the changes wait; the relay comes after that.
    telling = asyncio.create_task(owner.retelling().run())

    async def all_told() -> bool:
        return await owner.retelling().stopped_at() == 4

    await eventually(all_told)
    async with owner.published():
        outcome = await telling

    events = await owner.deployment.events(STATE)
    assert sorted((str(event.id), event.data is None) for event in events) == [
        *((f"t{number}:1", False) for number in range(3)),
        ("x:7", True),
    ]
    assert (outcome.told, outcome.gone) == (3, 1)
    assert await owner.database.collection(THINGS).find().to_list(None) == before
    assert await owner.retelling().stopped_at() is None


class Killed(Retelling):
    """Ends after its first page of things."""

    async def _not_waiting(self, tx: Transaction, events: Sequence[Outgoing]) -> list[Outgoing]:
        if any(event.subject == "t2" for event in events):
            raise SystemExit
        return await super()._not_waiting(tx, events)


async def test_killed_it_goes_on_where_it_was_or_begins_anew(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retelling, "BATCH", 2)
    async with owner.published():
        for number in range(4):
            await owner.change(f"t{number}")
        await owner.quiet()
        with pytest.raises(SystemExit):
            await owner.retelling(Killed).run()
        assert await owner.retelling().stopped_at() == 2

        rest = await owner.retelling().run(resume=True)
        again = await owner.retelling().run(resume=True)

    assert (rest.told, again.told) == (4, 4)
    assert [len(await owner.seqs(f"t{number}")) for number in range(4)] == [3, 3, 3, 3]


async def test_where_nothing_is_published_it_says_so_and_a_second_one_is_refused(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retelling, "PATIENCE_SECONDS", 1.0)
    await owner.change("one")
    waiting = asyncio.create_task(owner.retelling().run())

    async def begun() -> bool:
        return await owner.retelling().stopped_at() is not None

    await eventually(begun)
    with pytest.raises(Conflict, match="told again already"):
        await owner.retelling().run()
    with pytest.raises(retelling.RetellError, match="1 events wait"):
        await waiting
