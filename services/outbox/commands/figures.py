"""Figures kept in step with the records, and records that nobody answers."""

from collections import Counter
from datetime import datetime, timedelta

from chassis.mongo import Database, Transaction
from services.outbox import store
from services.outbox.domain import dispatch as records
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.figures import counted, differences

TRIES = 5
Sums = dict[tuple[str, str], Counter[str]]


async def count(tx: Transaction, limit: int, patience: timedelta) -> int:
    """Count records that have changed, at most so many; returns how many there were."""
    found = await store.uncounted(tx, limit)
    if not found:
        return 0
    await store.begin_turn(tx)
    sums = differences((before, counted(dispatch)) for dispatch, before in found)
    await store.count(tx, [dispatch for dispatch, _ in found], sums, patience)
    return len(found)


async def recount(database: Database) -> tuple[int, int]:
    """Have every record counted again, and put right what figures are not what the records say.

    Returns how many records will be counted again, and how many rows were wrong.
    """
    marked = await store.mark_all_uncounted(database)
    for _ in range(TRIES):
        seen = await store.turns(database)
        sums = await store.sums_of_marks(database)

        async def put(tx: Transaction, sums: Sums = sums, seen: int = seen) -> int | None:
            if await store.begin_turn(tx) != seen + 1:
                return None
            return await store.replace_figures(tx, sums)

        wrong = await database.transact(put)
        if wrong is not None:
            return marked, wrong
    return marked, 0


async def give_up_waiting(tx: Transaction, limit: int, patience: timedelta, now: datetime) -> int:
    """Records that nobody answered, nor any reminder of theirs, are ignored. Returns how many were looked at."""
    found = await store.overdue(tx, now, limit)
    reminders = await store.reminders_of(tx, [dispatch.id for dispatch in found])
    last = {dispatch.id: _last_asked(dispatch, reminders) for dispatch in found}
    over = [one for one in found if records.awaited(one) and last[one.id] + patience <= now]
    await store.save_dispatches(tx, [records.ignored(one, now) for one in over])
    done = {one.id for one in over}
    later = {one.id: last[one.id] + patience if records.awaited(one) else None for one in found if one.id not in done}
    await store.wait_longer(tx, later | dict.fromkeys(done))
    return len(found)


def _last_asked(dispatch: Dispatch, reminders: list[Dispatch]) -> datetime:
    """When it was asked last: by its own mail, or by a reminder that went out or is still to go."""
    asked = [
        one.sent_at or (one.requested_at if one.ended_at is None else None)
        for one in reminders
        if one.reminds_of == dispatch.id
    ]
    return max([dispatch.sent_at or dispatch.requested_at, *(moment for moment in asked if moment)])
