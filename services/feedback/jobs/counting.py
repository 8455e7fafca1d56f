"""Counts what has changed, a moment after it has; one process of all at a time."""

import asyncio

from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.relay import Lease
from chassis.service import Job
from services.feedback.commands.counting import count
from services.feedback.commands.recounting import never_counted, recount

log = get_logger(__name__)

LEASE, LEASE_SECONDS = "figures", 30.0
POLL_SECONDS = 0.3


def count_answers(database: Database) -> Job:
    """Takes the lease, and counts; where there were answers before there were figures, all of them first.

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
                elif await database.transact(count):
                    continue
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await lease.release()

    return run


async def _begin(database: Database) -> None:
    if await never_counted(database):
        drift = await recount(database)
        log.info("figures.counted", days=drift.days, rows=drift.rows)
