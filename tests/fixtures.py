"""Fixtures for all tests: infrastructure to share, infrastructure to harm, and names of one's own."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import resolve
from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from tests import infrastructure as run


@dataclass(frozen=True, slots=True)
class Prefix:
    """Names that no other test uses, as two deployments on one cluster would have them."""

    topics: str
    database: str


@pytest.fixture(scope="session")
def infrastructure() -> run.Shared:
    """The Kafka and MongoDB of this test run: `.kafka`, `.mongodb`. Use `prefix` to be alone on them."""
    return run.shared()


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> Prefix:
    """A fresh prefix for topics and databases; both are dropped after the test.

    A broker keeps files of each partition open: the topics of a thousand tests are more than it may have.
    """
    name = f"t{secrets.token_hex(5)}"
    if "infrastructure" in request.fixturenames:
        where = request.getfixturevalue("infrastructure")
        request.addfinalizer(lambda: _drop_databases(where.mongodb, f"{name}_"))
        request.addfinalizer(lambda: _drop_topics(where.kafka, f"{name}-"))  # noqa: PT021
    return Prefix(topics=f"{name}-", database=f"{name}_")


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
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": kafka})
    mine = [name for name in admin.list_topics(timeout=20).topics if name.startswith(prefix)]
    for dropped in admin.delete_topics(mine, operation_timeout=20).values() if mine else ():
        dropped.result(20)


def _drop_databases(mongodb: str, prefix: str) -> None:
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](mongodb) as client:
        for name in client.list_database_names():
            if name.startswith(prefix):
                client.drop_database(name)
