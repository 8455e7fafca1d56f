"""Which processes that send have seen that the database is no older than what was sent, and until when it was so."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chassis.mongo import DESCENDING, Database, ReturnDocument
from services.outbox.store.collections import RUNS

CLOCKS = timedelta(seconds=60)
"""So far the clocks of those who publish and of the database may be apart."""


async def last_run(database: Database) -> datetime | None:
    """When it was seen last; None: never."""
    found = await database.collection(RUNS).find_one({}, {"at": 1}, sort=[("at", DESCENDING)])
    return found["at"] if found else None


async def begin_run(database: Database, id_: str, ahead: timedelta = timedelta(0)) -> datetime:
    """Write down that it was seen now, or so far ahead."""
    moment = await database.now() + ahead
    await database.collection(RUNS).replace_one({"_id": id_}, {"at": moment}, upsert=True)
    return moment


async def go_on_running(database: Database, id_: str, left_at: datetime) -> datetime | None:
    """Write down that it is so still; None where the mark is not as it was left: then this is another database."""
    found = await database.collection(RUNS).find_one_and_update(
        {"_id": id_, "at": left_at}, [{"$set": {"at": "$$NOW"}}], return_document=ReturnDocument.AFTER
    )
    return found["at"] if found else None


async def behind(database: Database, name: str, told: Mapping[str, int]) -> list[str]:
    """Of these records (or gates), told of under that `seq`, the ones that the database knows not at all or only as they were before."""
    rows = database.collection(name).find({"_id": {"$in": list(told)}}, {"seq": 1})
    known = {row["_id"]: int(row.get("seq", 0)) async for row in rows}
    return [id_ for id_, seq in told.items() if known.get(id_, 0) < seq]
