"""The loop that gives up on what is unclear."""

import asyncio
from datetime import timedelta

from chassis.mongo import Database
from chassis.service import Job
from services.outbox import commands, store
from services.outbox.settings import Settings

SWEEP_SECONDS = 5.0


def sweep(database: Database, settings: Settings) -> Job:
    """Calls unknown what was let out and never confirmed; nothing while a database from a backup is not reconciled."""
    after = timedelta(seconds=settings.unknown_after_seconds)

    async def run() -> None:
        while True:
            if not await store.is_frozen(database):
                await database.transact(lambda tx: commands.give_up_unclear(tx, after))
            await asyncio.sleep(min(SWEEP_SECONDS, settings.unknown_after_seconds))

    return run
