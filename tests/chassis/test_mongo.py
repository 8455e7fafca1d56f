"""What the store promises to handlers: only newer rows are kept, and one clock for all processes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pymongo.errors import BulkWriteError, OperationFailure

from chassis import mongo
from chassis.mongo import Database, InsertOne, ReplaceOne, Write, is_passing, open_database, put_newer
from tests.chassis.toy import FACTS, add, toy
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared


@pytest.fixture
def database(deployment: Deployment) -> Database:
    return toy(deployment, FACTS, add).database


async def _put(database: Database, seq: int | None, value: int | None) -> set[str]:
    row = None if value is None else {"value": value}
    return await database.transact(lambda tx: put_newer(tx, "things", {"a": (seq, row)}))


async def _stored(database: Database) -> dict[str, Any] | None:
    return await database.collection("things").find_one({"_id": "a"})


async def test_a_row_is_stored_unless_a_later_one_is_known(database: Database) -> None:
    assert await _put(database, 2, 20) == {"a"}
    assert await _put(database, 1, 10) == set()
    assert await _put(database, 2, 21) == set()
    assert await _stored(database) == {"_id": "a", "seq": 2, "value": 20}


async def test_f06_a_tombstone_removes_with_its_seq_or_without_one(database: Database) -> None:
    await _put(database, 2, 20)
    assert await _put(database, 1, None) == set()
    assert await _stored(database)
    assert await _put(database, 3, None) == {"a"}
    assert await _stored(database) is None
    await _put(database, 4, 40)
    assert await _put(database, None, None) == {"a"}
    assert await _stored(database) is None


async def test_a_row_without_a_seq_is_never_newer(database: Database) -> None:
    await _put(database, 1, 10)

    assert await _put(database, None, 99) == set()
    assert await _stored(database) == {"_id": "a", "seq": 1, "value": 10}


async def test_f55_the_databases_clock_is_one_for_all_whatever_ours_says(database: Database) -> None:
    await _put(database, 1, 10)
    before = datetime.now(UTC)  # noqa: TID251
    with time_machine.travel(before + timedelta(minutes=5)):
        read = await database.transact(lambda tx: tx.now())

    assert abs(read - before) < timedelta(minutes=1)
    assert abs(await database.now() - read) < timedelta(minutes=1)


async def test_processes_that_start_at_once_on_an_empty_database_all_start(
    infrastructure: Shared, prefix: Prefix
) -> None:
    databases = [open_database(infrastructure.mongodb, f"{prefix.database}toy") for _ in range(8)]

    await asyncio.gather(*(database.ensure_indexes({"things": (), "others": ()}) for database in databases))

    for database in databases:
        database.close()


async def test_a_key_that_is_taken_is_named_as_such_also_in_a_bulk_that_goes_on(database: Database) -> None:
    await database.collection("things").insert_one({"_id": "a"})
    writes: list[Write] = [InsertOne({"_id": "a"}), ReplaceOne({"_id": "b"}, {}, upsert=True)]

    with pytest.raises(BulkWriteError) as raised:
        await database.transact(lambda tx: tx.collection("things").bulk_write(writes, session=tx.session))
    assert not is_passing(raised.value)


async def test_without_order_it_looks_like_a_passing_trouble_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo, "TRANSACTION_DEADLINE_SECONDS", 0.3)
    await database.collection("things").insert_one({"_id": "a"})
    writes: list[Write] = [InsertOne({"_id": "a"}), ReplaceOne({"_id": "b"}, {}, upsert=True)]

    with pytest.raises(OperationFailure) as raised:
        await database.transact(
            lambda tx: tx.collection("things").bulk_write(writes, ordered=False, session=tx.session)
        )
    assert is_passing(raised.value)
