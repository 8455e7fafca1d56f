"""Fixtures for all tests: infrastructure to share, infrastructure to harm, and names of one's own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sounding_contracts import topics

from deploy.local import resolve
from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from tests import infrastructure as run
from tests.deployment import Deployment

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient
    from pymongo import MongoClient

EMPTY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Prefix:
    """Names that no other test uses, as two deployments on one cluster would have them."""

    topics: str
    database: str


@pytest.fixture(scope="session")
def infrastructure() -> run.Shared:
    """The Kafka and MongoDB of this test run: `.kafka`, `.mongodb`. Use `prefix` to be alone on them."""
    return run.shared()


REUSING = frozenset({"profile", "scheduler", "outbox", "feedback"})
"""Where tests take over databases that others have left empty: to make collections takes longer than most tests."""
FEW_PARTITIONS = 2
"""So many has a topic of a test: to make and drop the 122 of a deployment costs a broker more than most tests."""
_emptied: list[str] = []


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> Prefix:
    """A fresh prefix for topics, and one for databases that hold nothing; topics are dropped after the test.

    A broker keeps files of each partition open: the topics of a thousand tests are more than it may have.
    """
    name = f"t{secrets.token_hex(5)}"
    folder = request.path.relative_to(request.config.rootpath / "tests").parts[0]
    reuses = folder in REUSING
    if (reuses or folder == "system") and request.node.get_closest_marker("processes") is None:
        request.getfixturevalue("_few_partitions")
    database = _emptied.pop() if reuses and _emptied else f"{name}_"
    if "infrastructure" in request.fixturenames:
        where = request.getfixturevalue("infrastructure")
        request.addfinalizer(lambda: _give_back(where.mongodb, database, reuses=reuses))
        request.addfinalizer(lambda: _drop_topics(where.kafka, f"{name}-"))  # noqa: PT021
    return Prefix(topics=f"{name}-", database=database)


@contextmanager
def few_partitions() -> Iterator[None]:
    """Topics have few partitions as long as the block lasts."""
    was = [(topic, topic.partitions) for topic in topics.ALL]
    for topic, partitions in was:
        object.__setattr__(topic, "partitions", min(partitions, FEW_PARTITIONS))
    try:
        yield
    finally:
        for topic, partitions in was:
            object.__setattr__(topic, "partitions", partitions)


@pytest.fixture
def _few_partitions() -> Iterator[None]:
    with few_partitions():
        yield


@contextmanager
def lasting(where: run.Shared) -> Iterator[Deployment]:
    """A deployment for several tests that only look; what it had is dropped after the block."""
    name = f"t{secrets.token_hex(5)}"
    made = Deployment(where.kafka, where.mongodb, f"{name}-", f"{name}_")
    try:
        yield made
    finally:
        made.close()
        _drop_topics(where.kafka, f"{name}-")
        _drop_databases(where.mongodb, f"{name}_")


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Kafka]:
    """A Kafka that only this test uses and may kill, pause and start again (same port and data)."""
    with resolve.local_kafka(tmp_path / "kafka") as kafka:
        yield kafka


@pytest.fixture
def own_mongod(tmp_path: Path) -> Iterator[Mongod]:
    """A MongoDB that only this test uses and may kill, pause and start again (same port and data)."""
    with resolve.local_mongod(tmp_path / "mongodb") as mongod:
        yield mongod


@pytest.fixture
def own_infrastructure(own_broker: Kafka, own_mongod: Mongod) -> resolve.Infrastructure:
    """Both of a test's own."""
    return resolve.Infrastructure(
        kafka=own_broker.address,
        mongodb=own_mongod.address,
        how="local processes of this test",
        broker=own_broker,
        mongod=own_mongod,
    )


def _drop_topics(kafka: str, prefix: str) -> None:
    admin = _admin(kafka)
    mine = [name for name in admin.list_topics(timeout=20).topics if name.startswith(prefix)]
    for dropped in admin.delete_topics(mine, operation_timeout=20).values() if mine else ():
        dropped.result(20)


@cache
def _admin(kafka: str) -> "AdminClient":
    from confluent_kafka.admin import AdminClient

    # It outlives brokers that tests kill.
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})


@cache
def _client(mongodb: str) -> "MongoClient[dict[str, object]]":
    from pymongo import MongoClient

    return MongoClient(mongodb)


def _give_back(mongodb: str, prefix: str, *, reuses: bool) -> None:
    """Empty the databases for the next test; drop those that cannot be emptied at once, or that nobody will reuse."""
    from pymongo import timeout
    from pymongo.errors import PyMongoError

    if not reuses:
        _drop_databases(mongodb, prefix)
        return
    client = _client(mongodb)
    try:
        with timeout(EMPTY_SECONDS):
            for name in filter(lambda name: name.startswith(prefix), client.list_database_names()):
                for collection in client[name].list_collection_names():
                    client[name][collection].delete_many({})
    except PyMongoError:
        # A transaction of a process that a test has killed may hold documents.
        _drop_databases(mongodb, prefix)
    else:
        _emptied.append(prefix)


def _drop_databases(mongodb: str, prefix: str) -> None:
    client = _client(mongodb)
    for name in client.list_database_names():
        if name.startswith(prefix):
            client.drop_database(name)
