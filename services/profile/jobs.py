"""Profile's loops: the work over many customers that people have asked for."""

import asyncio

from chassis.clock import now
from chassis.errors import Refusal, Unavailable
from chassis.ids import new_id
from chassis.mongo import Database
from chassis.service import Job as Loop
from services.profile.commands.imports import fail_import, import_piece
from services.profile.commands.jobs import Piece, do_step, fail_job
from services.profile.domain.importing import Import
from services.profile.domain.job import Job
from services.profile.schemas.customers import Wanted
from services.profile.store.imports import take_import
from services.profile.store.jobs import take_job
from services.profile.views.customers import customers

STEP, LEASE_SECONDS, POLL_SECONDS = 200, 20.0, 0.5


def work(database: Database) -> Loop:
    """Takes one job at a time, step by step; a process that ends is followed by another where it stopped."""

    async def run() -> None:
        holder = new_id()
        while True:
            job = await take_job(database, holder, LEASE_SECONDS)
            if job is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                await step(database, job, holder)

    return run


async def step(database: Database, job: Job, holder: str) -> None:
    """One step of a job that is ours. What a rule refuses ends the job, with the reason; what was done stays."""
    piece = await _piece(database, job)
    try:
        await database.transact(lambda tx: do_step(tx, job.id, holder, piece, now()))
    except Unavailable:
        raise
    except Refusal as refusal:
        reason = str(refusal)
        await database.transact(lambda tx: fail_job(tx, job.id, holder, reason, now()))


def imports(database: Database) -> Loop:
    """Reads one CSV import at a time, piece by piece; a process that ends is followed by another where it stopped."""

    async def run() -> None:
        holder = new_id()
        while True:
            found = await take_import(database, holder, LEASE_SECONDS)
            if found is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                await import_step(database, found, holder)

    return run


async def import_step(database: Database, import_: Import, holder: str) -> None:
    """One piece of an import that is ours. What is written otherwise than it began ends it, with the reason."""
    try:
        await database.transact(lambda tx: import_piece(tx, import_.id, holder, now()))
    except Unavailable:
        raise
    except Refusal as refusal:
        reason = str(refusal)
        await database.transact(lambda tx: fail_import(tx, import_.id, holder, reason, now()))


async def _piece(database: Database, job: Job) -> Piece:
    page = await customers(database, Wanted.model_validate(job.wanted), after=job.cursor, limit=STEP)
    return Piece(ids=[item.id for item in page.items], cursor=page.next)
