"""Count everything again, day by day, beside the running service; or only say what was not counted right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from chassis.mongo import Database, Document, Transaction
from services.feedback.commands.counting import count, rows_of, survey_rows_of
from services.feedback.domain.columns import Day, day_of
from services.feedback.domain.counted import SURVEYS, round_of
from services.feedback.store import columns as store
from services.feedback.store.collections import COLUMNS, DISPATCHES, RESPONSES, TO_COUNT

ONE = timedelta(days=1)
TRIES = 20

Told = Callable[[str, int, int], None]
"""Called with a table, how many days of it are done, and of how many."""


@dataclass(slots=True)
class Drift:
    """What a recount found: days, as `table|day`.

    `wrong` were counted otherwise than their answers say; of the `unsettled` so much came in that it could not be said.
    """

    days: int = 0
    rows: int = 0
    wrong: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)


async def recount(database: Database, *, compare_only: bool = False, told: Told = lambda *_: None) -> Drift:
    """Count each day anew from answers and surveys, and put right what differs, unless it is only compared."""
    drift = Drift()
    await count_all(database)
    tables = [*await database.collection(RESPONSES).distinct("metric"), SURVEYS]
    for table in tables:
        days = await _days(database, table)
        for number, date in enumerate(days, 1):
            await _look_at(database, table, date, drift, compare_only)
            told(table, number, len(days))
    return drift


async def count_all(database: Database) -> int:
    """Count until nothing is marked any more; how many marks that were."""
    total = 0
    while done := await database.transact(count):
        total += done
    return total


async def never_counted(database: Database) -> bool:
    """Whether there are answers or surveys, but nothing was ever counted."""
    if await database.collection(COLUMNS).find_one({}, {"_id": 1}):
        return False
    return any([await database.collection(name).find_one({}, {"_id": 1}) for name in (RESPONSES, DISPATCHES)])


async def count_unstamped(database: Database) -> int:
    """Count the days anew that have columns and no stamp, as earlier builds left them; how many those were.

    Without a stamp nobody reads them. Beside a build that stamps nothing a day may need it again.
    """
    drift = Drift()
    for table, date in await store.unstamped_days(database):
        await _look_at(database, table, date, drift, compare_only=False)
    return drift.days


async def _days(database: Database, table: str) -> list[str]:
    """All on which something is counted, or should be."""
    name, at, of = (DISPATCHES, "sent_at", {}) if table == SURVEYS else (RESPONSES, "answered_at", {"metric": table})
    dated = {"$dateToString": {"date": f"${at}", "format": "%Y-%m-%d"}}
    stages: list[Document] = [{"$match": {**of, at: {"$ne": None}}}, {"$group": {"_id": dated}}]
    there = {row["_id"] async for row in database.collection(name).aggregate(stages)}
    spanned = {"of": {"$gte": f"{table}|", "$lt": f"{table}|~"}}
    counted = {of.partition("|")[2] for of in await database.collection(COLUMNS).distinct("of", spanned)}
    return sorted(there | counted)


async def _look_at(database: Database, table: str, date: str, drift: Drift, compare_only: bool) -> None:
    """What differs while something still waits to be counted is no fault: count that first, and look again."""
    drift.days += 1
    for _ in range(TRIES):
        rows, wrong, waits = await database.transact(partial(_recount_day, table, date, compare_only))
        if not wrong or not waits:
            drift.rows += rows
            drift.wrong += [f"{table}|{date}"] if wrong else []
            return
        await count_all(database)
    drift.unsettled.append(f"{table}|{date}")


async def _recount_day(table: str, date: str, compare_only: bool, tx: Transaction) -> tuple[int, bool, bool]:
    """How many rows the day has, whether any was wrong, and whether marks wait that may be why."""
    waits = await tx.collection(TO_COUNT).find_one({}, {"_id": 1}, session=tx.session) is not None
    made = await (_surveys_on(tx, date) if table == SURVEYS else _answers_on(tx, table, date))
    stood = await store.read_day(tx, table, date)
    wrong = store.documents_of(table, date, made) != stood or await store.stamped_rows(tx, table, date) != made.rows
    if wrong and not compare_only:
        await store.write_day(tx, table, date, made, stood)
        await store.stamp_day(tx, table, date, made.rows)
    return made.rows, wrong, waits


async def _answers_on(tx: Transaction, table: str, date: str) -> Day:
    people, alone = set(), set()
    fields = {"customer_id": 1}
    begins = datetime.fromisoformat(date).replace(tzinfo=UTC)
    asked = {"metric": table, "answered_at": {"$gte": begins, "$lt": begins + ONE}}
    async for one in tx.collection(RESPONSES).find(asked, fields, session=tx.session):
        people.add(one["customer_id"])
        alone.add(one["_id"])
    rows = await rows_of(tx, people - {None}, alone)
    return day_of([row for there, on, _, row in rows if (there, on) == (table, date)])


async def _surveys_on(tx: Transaction, date: str) -> Day:
    begins = datetime.fromisoformat(date).replace(tzinfo=UTC)
    asked = {"sent_at": {"$gte": begins, "$lt": begins + ONE}}
    found = tx.collection(DISPATCHES).find(asked, {"reminds_of": 1}, session=tx.session)
    surveys = {round_of(one) async for one in found}
    return day_of([row for on, _, row in await survey_rows_of(tx, surveys) if row is not None and on == date])
