"""Counts what has changed, a moment after it has; one process of all at a time."""

import asyncio
import time

from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.relay import Lease
from chassis.service import Job
from services.feedback.commands.counting import count
from services.feedback.commands.recounting import count_unstamped, never_counted, recount

log = get_logger(__name__)

LEASE, LEASE_SECONDS = "figures", 30.0
POLL_SECONDS = 0.3
REST, MOST_REST_SECONDS = 2, 1.0
"""So many times as long as it counted it rests, but no longer: what comes meanwhile is counted in one go, and a day in
which a crowd answers is written for all of them instead of for each few."""


def count_answers(database: Database) -> Job:
    """Takes the lease, and counts; where there were answers before there were figures, or figures before there were stamps, those first.

    The lease only spares work: two that count at once run into each other's transactions, and nothing is counted twice.
    """

    async def run() -> None:
        lease = Lease(database, LEASE, LEASE_SECONDS)
        begun = False
        try:
            while True:
                if not await lease.acquire():
                    begun = False
                elif not begun:
                    await _begin(database)
                    begun = True
                else:
                    counted, took = await _counted(database)
                    if counted:
                        await asyncio.sleep(min(REST * took, MOST_REST_SECONDS))
                        continue
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await lease.release()

    return run


async def _counted(database: Database) -> tuple[int, float]:
    """How much was counted, and how many seconds it took."""
    began = time.monotonic()
    return await database.transact(count), time.monotonic() - began


async def _begin(database: Database) -> None:
    if await never_counted(database):
        drift = await recount(database)
        log.info("figures.counted", days=drift.days, rows=drift.rows)
    elif days := await count_unstamped(database):
        log.info("figures.stamped", days=days)
