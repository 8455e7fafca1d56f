"""Asks for the mails of answers once they are due."""

import asyncio

from chassis.clock import now
from chassis.mongo import Database
from chassis.service import Job
from services.feedback.commands import autoreplies as commands

POLL_SECONDS = 1.0


def ask_for_autoreplies(database: Database) -> Job:
    """Looks for what is due, and rests where nothing is."""

    async def run() -> None:
        while True:
            if not await database.transact(lambda tx: commands.ask_for_due(tx, now())):
                await asyncio.sleep(POLL_SECONDS)

    return run
