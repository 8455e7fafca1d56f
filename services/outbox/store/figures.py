"""The figures of campaigns by day, and which records are not counted in them yet.

A record says itself what it was counted as, in the transaction that changes the figures: however often it is counted,
and by however many, its difference is added once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.mongo import Database, DeleteOne, Document, InsertOne, Transaction, UpdateOne, Write
from services.outbox.domain.dispatch import Dispatch, awaited
from services.outbox.domain.figures import FIGURES, Counted, counted
from services.outbox.store.codec import dispatches
from services.outbox.store.collections import DISPATCHES, FIGURE_ROWS, KEYS

TURN = "figures"
Place = tuple[str, str]


async def take_turn(database: Database, holder: str, seconds: float) -> bool:
    """Be the one process that counts, for so long; the others would only wait for it."""
    rows = database.collection(KEYS)
    await rows.update_one({"_id": TURN}, {"$setOnInsert": {"holder": holder, "turns": 0}}, upsert=True)
    free = {"$or": [{"holder": holder}, {"$expr": {"$lte": [{"$ifNull": ["$until", 0]}, "$$NOW"]}}]}
    until = {"$add": ["$$NOW", int(seconds * 1000)]}
    taken = await rows.update_one({"_id": TURN, **free}, [{"$set": {"holder": {"$literal": holder}, "until": until}}])
    return taken.matched_count == 1


async def begin_turn(tx: Transaction) -> int:
    """Write down that figures change, so that of two who change them one comes first. Returns how often they did."""
    rows = tx.collection(KEYS)
    await rows.update_one({"_id": TURN}, {"$inc": {"turns": 1}}, upsert=True, session=tx.session)
    found = await rows.find_one({"_id": TURN}, session=tx.session)
    return int(found["turns"]) if found else 0


async def turns(database: Database) -> int:
    """How often figures have changed."""
    found = await database.collection(KEYS).find_one({"_id": TURN})
    return int(found["turns"]) if found else 0


async def uncounted(tx: Transaction, limit: int) -> list[tuple[Dispatch, Counted | None]]:
    """Records that changed since they were counted, each with what it was counted as."""
    cursor = tx.collection(DISPATCHES).find({"uncounted": True}, session=tx.session).limit(limit)
    return [(dispatches.read(row), _counted_as(row)) for row in await cursor.to_list(None)]


async def count(
    tx: Transaction, found: Sequence[Dispatch], sums: Mapping[Place, Counter[str]], patience: timedelta
) -> None:
    """Add to the figures, and note on each record what it now counts as, and when to give up waiting for its answer."""
    rows: list[Write] = [
        UpdateOne(
            {"_id": f"{campaign_id}|{day}"},
            {"$inc": dict(added), "$setOnInsert": {"campaign_id": campaign_id, "day": day}},
            upsert=True,
        )
        for (campaign_id, day), added in sums.items()
    ]
    if rows:
        await tx.collection(FIGURE_ROWS).bulk_write(rows, session=tx.session)
    marks: list[Write] = [UpdateOne({"_id": one.id}, _marked(one, patience)) for one in found]
    if marks:
        await tx.collection(DISPATCHES).bulk_write(marks, session=tx.session)


async def overdue(tx: Transaction, now: datetime, limit: int) -> list[Dispatch]:
    """Records whose answer was waited for long enough."""
    cursor = tx.collection(DISPATCHES).find({"ignored_after": {"$lte": now}}, session=tx.session).limit(limit)
    return [dispatches.read(row) for row in await cursor.to_list(None)]


async def reminders_of(tx: Transaction, ids: Sequence[str]) -> list[Dispatch]:
    """The reminders of these surveys."""
    cursor = tx.collection(DISPATCHES).find({"reminds_of": {"$in": list(ids)}}, session=tx.session)
    return [dispatches.read(row) for row in await cursor.to_list(None)]


async def wait_longer(tx: Transaction, until: Mapping[str, datetime | None]) -> None:
    """When to give up waiting for these records' answers; None: never."""
    writes: list[Write] = [
        UpdateOne({"_id": id_}, {"$set": {"ignored_after": at}} if at else {"$unset": {"ignored_after": ""}})
        for id_, at in until.items()
    ]
    if writes:
        await tx.collection(DISPATCHES).bulk_write(writes, session=tx.session)


async def figure_rows(database: Database, query: Document) -> list[Document]:
    """The figures of days that match, by day."""
    return await database.collection(FIGURE_ROWS).find(query).sort([("day", 1), ("campaign_id", 1)]).to_list(None)


async def uncounted_number(database: Database, limit: int) -> int:
    """How many records wait to be counted, up to a limit."""
    return await database.collection(DISPATCHES).count_documents({"uncounted": True}, limit=limit)


async def mark_all_uncounted(database: Database) -> int:
    """Let every record be counted again."""
    changed = await database.collection(DISPATCHES).update_many({"phase": "done"}, {"$set": {"uncounted": True}})
    return changed.modified_count


async def sums_of_marks(database: Database) -> dict[Place, Counter[str]]:
    """The figures as a plain count of what all records say that they were counted as."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"counted": {"$exists": True}}},
        {"$project": {"counted": 1}},
        {"$unwind": "$counted.figures"},
        {
            "$group": {
                "_id": {"c": "$counted.campaign_id", "d": "$counted.day", "f": "$counted.figures"},
                "n": {"$sum": 1},
            }
        },
    ]
    sums: dict[Place, Counter[str]] = {}
    async for row in database.collection(DISPATCHES).aggregate(pipeline, allowDiskUse=True):
        sums.setdefault((row["_id"]["c"], row["_id"]["d"]), Counter())[row["_id"]["f"]] = row["n"]
    return sums


async def replace_figures(tx: Transaction, sums: Mapping[Place, Counter[str]]) -> int:
    """Put these figures in place of all others; how many rows were different."""
    known = {row["_id"]: row for row in await tx.collection(FIGURE_ROWS).find({}, session=tx.session).to_list(None)}
    right = {f"{c}|{d}": {"_id": f"{c}|{d}", "campaign_id": c, "day": d, **added} for (c, d), added in sums.items()}
    wrong = [id_ for id_ in known.keys() | right.keys() if _figures(known.get(id_)) != _figures(right.get(id_))]
    writes: list[Write] = [DeleteOne({"_id": id_}) for id_ in wrong if id_ in known]
    writes += [InsertOne(right[id_]) for id_ in wrong if id_ in right]
    if writes:
        await tx.collection(FIGURE_ROWS).bulk_write(writes, session=tx.session)
    return len(wrong)


def _figures(row: Document | None) -> dict[str, int]:
    return {name: row[name] for name in FIGURES if row.get(name)} if row else {}


def _counted_as(row: Document) -> Counted | None:
    mark = row.get("counted")
    return Counted(mark["campaign_id"], mark["day"], frozenset(mark["figures"])) if mark else None


def _marked(dispatch: Dispatch, patience: timedelta) -> Document:
    now = counted(dispatch)
    left: Document = {"uncounted": ""}
    noted: Document = {}
    if now is None:
        left["counted"] = ""
    else:
        noted["counted"] = {"campaign_id": now.campaign_id, "day": now.day, "figures": sorted(now.figures)}
    if awaited(dispatch) and dispatch.sent_at is not None:
        noted["ignored_after"] = dispatch.sent_at + patience
    else:
        left["ignored_after"] = ""
    return {"$unset": left, **({"$set": noted} if noted else {})}
