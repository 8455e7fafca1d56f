"""Works through the comments that topics are to be applied to, piece by piece."""

import asyncio
from functools import partial

from chassis.clock import now
from chassis.mongo import Database
from chassis.service import Job
from services.feedback.commands import text as commands
from services.feedback.commands.text import Labeller
from services.feedback.store import topics as rows

POLL_SECONDS = 1.0


def label_the_past(database: Database, labeller: Labeller) -> Job:
    """Looks for a job, and rests where there is none."""

    async def run() -> None:
        while True:
            found = await rows.open_job(database)
            if found is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                step = partial(commands.labelling_step, id_=found["_id"], labeller=labeller, now=now())
                await database.transact(step)

    return run
