"""Figures, and records that nobody answers."""

import asyncio
from datetime import timedelta

from chassis.ids import new_id
from chassis.mongo import Database, Transaction
from chassis.service import Job
from services.outbox import commands, store
from services.outbox.settings import Settings

COUNT_SECONDS, TURN_SECONDS, AT_ONCE = 1.0, 15.0, 1000


def count(database: Database, settings: Settings) -> Job:
    """Keeps the figures of campaigns in step, in one process at a time, and gives up waiting for answers."""
    holder, patience = new_id(), timedelta(days=settings.ignored_after_days)

    async def run() -> None:
        while True:
            busy = await store.take_turn(database, holder, TURN_SECONDS) and await _turn(database, patience)
            await asyncio.sleep(0 if busy else COUNT_SECONDS)

    return run


async def _turn(database: Database, patience: timedelta) -> bool:
    """Whether there is more to do."""
    counted = await database.transact(lambda tx: commands.count(tx, AT_ONCE, patience))

    async def give_up(tx: Transaction) -> int:
        return await commands.give_up_waiting(tx, AT_ONCE, patience, await tx.now())

    given_up = await database.transact(give_up)
    return AT_ONCE in (counted, given_up)
