"""Reads one import of old answers at a time, piece by piece; another process goes on where one has ended."""

import asyncio

from chassis.clock import now
from chassis.errors import Refusal, Unavailable
from chassis.ids import new_id
from chassis.mongo import Database
from chassis.service import Job
from services.feedback.commands.imports import fail_import, import_piece
from services.feedback.store.imports import imports

LEASE_SECONDS, POLL_SECONDS = 20.0, 0.5


def read_imports(database: Database) -> Job:
    """Looks for imports to run."""

    async def run() -> None:
        holder = new_id()
        while True:
            taken = await imports.take(database, holder, LEASE_SECONDS)
            if taken is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                await import_step(database, taken.id, holder)

    return run


async def import_step(database: Database, id_: str, holder: str) -> None:
    """One piece of an import that is ours. What a rule refuses ends it, with the reason; what was imported stays."""
    try:
        await database.transact(lambda tx: import_piece(tx, id_, holder, now()))
    except Unavailable:
        raise
    except Refusal as refusal:
        reason = str(refusal)
        await database.transact(lambda tx: fail_import(tx, id_, holder, reason, now()))
