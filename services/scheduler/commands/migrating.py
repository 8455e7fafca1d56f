"""What data of earlier builds lacks."""

from functools import partial

from chassis.mongo import ASCENDING, Database, Transaction
from services.scheduler import store

AT_ONCE = 500
OLD_FIELDS = dict.fromkeys(("due_at", "line_at", "place", "version"), "")
"""What stands in `looks` now."""


async def look_at_everyone(database: Database) -> int:
    """Let everybody be looked at of whom nothing says when to; how many there were."""
    customers, last, total = database.collection(store.CUSTOMERS), "", 0
    while True:
        page = customers.find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", ASCENDING).limit(AT_ONCE)
        if not (ids := [row["_id"] async for row in page]):
            break
        total += await database.transact(partial(_look_at, ids))
        last = ids[-1]
    if total:
        await database.transact(lambda tx: store.put_rules(tx, {}))
    return total


async def _look_at(ids: list[str], tx: Transaction) -> int:
    session = tx.session
    found = tx.collection(store.LOOKS).find({"_id": {"$in": ids}}, {"_id": 1}, session=session)
    known = {row["_id"] async for row in found}
    without = [id_ for id_ in ids if id_ not in known]
    if without:
        await store.Customers(tx).put_looks(without)
        old = {"_id": {"$in": without}}
        await tx.collection(store.CUSTOMERS).update_many(old, {"$unset": OLD_FIELDS}, session=session)
    return len(without)
