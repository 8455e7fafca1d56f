"""What is left when the broker or the database dies under load: fault cases F15, F24 and F25."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self

import httpx
import pytest

from chassis.errors import Unavailable
from chassis.mongo import Database, ReplaceOne, Transaction
from chassis.service import Service
from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod, direct_client
from deploy.local.ports import free_port
from tests.chassis.toy import FACTS, STATE, add, fact, outgoing, seen, toy
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import PATIENCE_SECONDS, eventually


@pytest.fixture
async def on_own_broker(own_broker: Kafka, infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Deployment]:
    made = Deployment(own_broker.address, infrastructure.mongodb, prefix.topics, prefix.database)
    await made.make(STATE, FACTS)
    yield made
    made.close()


@pytest.fixture
async def on_own_mongod(own_mongod: Mongod, infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Deployment]:
    made = Deployment(infrastructure.kafka, own_mongod.address, prefix.topics, prefix.database)
    await made.make(STATE, FACTS)
    yield made
    made.close()


class Load:
    """Commands without a pause, each the next state of one of five things; knows what was acknowledged."""

    def __init__(self, service: Service) -> None:
        self._database = service.database
        self.acknowledged: dict[str, int] = {f"t{n}": 0 for n in range(5)}
        self.refused = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run(id_)) for id_ in self.acknowledged]
        return self

    async def __aexit__(self, *fault: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def more(self) -> None:
        """Wait until every thing has been changed since now."""
        before = dict(self.acknowledged)
        await eventually(lambda: all(self.acknowledged[id_] > seq + 3 for id_, seq in before.items()), within=60)

    async def _run(self, id_: str) -> None:
        while True:
            try:
                self.acknowledged[id_] = await self._database.transact(lambda tx: _next(tx, id_))
            except (Unavailable, OSError):
                self.refused += 1
            except Exception as error:
                if not _is_of_the_database(error):
                    raise
                self.refused += 1
            await asyncio.sleep(0.005)


def _is_of_the_database(error: Exception) -> bool:
    return type(error).__module__.startswith("pymongo")


async def _next(tx: Transaction, id_: str) -> int:
    """The next state of a thing, stored and told of together."""
    row = await tx.collection("things").find_one({"_id": id_}, session=tx.session)
    seq = int(row["seq"]) + 1 if row else 1
    await tx.collection("things").bulk_write([ReplaceOne({"_id": id_}, {"seq": seq}, upsert=True)], session=tx.session)
    await tx.publish(STATE, [outgoing(id_, seq, seq)])
    return seq


async def _stored(database: Database) -> dict[str, int]:
    return {row["_id"]: row["seq"] async for row in database.collection("things").find({"_id": {"$regex": "^t"}})}


async def _told(deployment: Deployment) -> dict[str, set[int]]:
    seqs: dict[str, set[int]] = {}
    for event in await deployment.events(STATE):
        seqs.setdefault(str(event.subject), set()).add(event.seq or 0)
    return seqs


async def _each_told_in_full(deployment: Deployment, service: Service) -> bool:
    """Every state from the first to the stored one is on the stream: no gap, nothing from a commit that was not."""
    stored = await _stored(service.database)
    return await _told(deployment) == {id_: set(range(1, seq + 1)) for id_, seq in stored.items()}


async def _under_load(deployment: Deployment, harm: Callable[[Load], Awaitable[None]], *, within: float = 60) -> Load:
    """Commands and their relay through a harm: nothing acknowledged is lost, nothing else is told."""
    service = toy(deployment, FACTS, add)
    async with service.running(["relay", "streams"]):
        async with Load(service) as load:
            await load.more()
            await deployment.publish(FACTS, *(fact(f"a{n}", n) for n in range(50)))
            await harm(load)
            await load.more()
        await deployment.publish(FACTS, *(fact(f"b{n}", 50 + n) for n in range(50)))
        await eventually(lambda: _each_told_in_full(deployment, service), within=within)
        assert await eventually(lambda: _hundred(service), within=within) == list(range(100))
    stored = await _stored(service.database)
    # A commit whose answer was lost may stand although it was refused: never the other way round.
    assert all(stored[id_] >= seq for id_, seq in load.acknowledged.items())
    return load


async def _hundred(service: Service) -> list[int]:
    values = await seen(service)
    return values if len(values) >= 100 else []


async def test_f15_services_go_on_by_themselves_when_a_killed_broker_is_back(
    on_own_broker: Deployment, own_broker: Kafka
) -> None:
    async def kill_the_broker(load: Load) -> None:
        own_broker.kill()
        await load.more()
        own_broker.start()
        await asyncio.to_thread(own_broker.wait_ready)

    load = await _under_load(on_own_broker, kill_the_broker, within=90)

    assert load.refused == 0, "a command needs no broker"


async def test_f24_nothing_acknowledged_is_lost_when_mongod_is_killed(
    on_own_mongod: Deployment, own_mongod: Mongod
) -> None:
    async def kill_mongod(load: Load) -> None:
        del load
        own_mongod.kill()
        own_mongod.start()
        await asyncio.to_thread(own_mongod.wait_ready)

    await _under_load(on_own_mongod, kill_mongod)


async def test_f25_a_change_of_primary_in_the_middle_of_transactions_leaves_no_gap(
    on_own_mongod: Deployment, own_mongod: Mongod
) -> None:
    async def step_down(load: Load) -> None:
        for _ in range(3):
            await asyncio.to_thread(_step_down, own_mongod)
            await load.more()

    await _under_load(on_own_mongod, step_down)


def _step_down(mongod: Mongod) -> None:
    """Make the only member a secondary for a second; then it is elected again."""
    member = mongod.address.removeprefix("mongodb://").split("/")[0]
    with direct_client(member) as client:
        client.admin.command({"replSetStepDown": 1, "force": True})


async def test_f16_a_service_that_starts_without_kafka_serves_what_needs_none_and_joins_when_it_is_there(
    on_own_broker: Deployment, own_broker: Kafka
) -> None:
    own_broker.kill()
    service = toy(on_own_broker, FACTS, add)
    service.settings = service.settings.model_copy(update={"http_port": free_port()})
    base = f"http://127.0.0.1:{service.settings.http_port}"

    async def serve() -> None:
        async with service.running(["streams"]):
            await eventually(lambda: seen(service))

    serving = asyncio.create_task(serve())
    async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_SECONDS) as client:

        async def status(path: str) -> int:
            try:
                return (await client.get(path)).status_code
            except httpx.TransportError:
                return 0

        async def alive() -> bool:
            return await status("/health/live") == 200

        await eventually(alive)
        assert await status("/health/ready") == 503
    own_broker.start()
    await asyncio.to_thread(own_broker.wait_ready)
    await on_own_broker.publish(FACTS, fact("e1", 1))

    await serving
    assert await seen(service) == [1]
