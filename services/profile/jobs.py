"""Profile's loops: the work over many customers that people have asked for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chassis.clock import now
from chassis.errors import Refusal, Unavailable
from chassis.ids import new_id
from chassis.mongo import Database, Transaction, Work
from chassis.service import Job as Loop
from services.profile.adapters.owners import Owners
from services.profile.commands.bulk import ask_each
from services.profile.commands.imports import fail_import, import_piece
from services.profile.commands.jobs import Piece, conclude_step, do_step, fail_job, let_wait, pass_over
from services.profile.commands.undoing import undo_piece
from services.profile.domain.importing import Import, State
from services.profile.domain.job import OWNED, Job
from services.profile.schemas.customers import Wanted
from services.profile.store.imports import imports as kept
from services.profile.store.jobs import take_job
from services.profile.views.customers import customers

STEP, ASKED_AT_ONCE, LEASE_SECONDS, POLL_SECONDS = 200, 40, 20.0, 0.5

T = TypeVar("T")
Take = Callable[[Database, str, float], Awaitable[T | None]]
Do = Callable[[Database, T, str], Awaitable[None]]


def work(database: Database, owners: Owners) -> Loop:
    """Takes one job at a time, step by step."""

    async def one_step(database: Database, job: Job, holder: str) -> None:
        await step(database, owners, job, holder)

    return _loop(database, take_job, one_step)


def imports(database: Database) -> Loop:
    """Reads one CSV import at a time, piece by piece."""
    return _loop(database, kept.take, import_step)


def _loop(database: Database, take: Take[T], do: Do[T]) -> Loop:
    """One thing at a time, step by step; a process that ends is followed by another where it stopped."""

    async def run() -> None:
        holder = new_id()
        while True:
            taken = await take(database, holder, LEASE_SECONDS)
            if taken is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                await do(database, taken, holder)

    return run


async def step(database: Database, owners: Owners, job: Job, holder: str) -> None:
    """One step of a job that is ours; who cannot be changed does not hold up the others."""
    try:
        piece = await _piece(database, job)
    except Unavailable:
        raise
    except Refusal as refusal:
        reason = str(refusal)
        await database.transact(lambda tx: fail_job(tx, job.id, holder, reason, now()))
        return
    if job.kind in OWNED:
        await _ask(database, owners, job, holder, piece)
    else:
        await _change(database, job, holder, piece)


async def _change(database: Database, job: Job, holder: str, piece: Piece) -> None:
    try:
        await database.transact(lambda tx: do_step(tx, job.id, holder, piece, now()))
    except Unavailable:
        raise
    except Refusal:
        for one in piece.singly():
            await _change_one(database, job, holder, one)


async def _change_one(database: Database, job: Job, holder: str, piece: Piece) -> None:
    try:
        await database.transact(lambda tx: do_step(tx, job.id, holder, piece, now()))
    except Unavailable:
        raise
    except Refusal as error:
        refusal = error
        await database.transact(lambda tx: pass_over(tx, job.id, holder, piece, refusal, now()))


async def _ask(database: Database, owners: Owners, job: Job, holder: str, piece: Piece) -> None:
    try:
        faults = await ask_each(owners, job, piece.ids)
    except Unavailable as away:
        reason = away.reason
        await database.transact(lambda tx: let_wait(tx, job.id, holder, reason, now()))
        await asyncio.sleep(POLL_SECONDS)
        return
    await database.transact(lambda tx: conclude_step(tx, job.id, holder, piece, faults, now()))


async def import_step(database: Database, import_: Import, holder: str) -> None:
    """One piece of an import that is ours, imported or taken back."""
    work = undo_piece if import_.state is State.UNDOING else import_piece
    await _or_fail(
        database,
        lambda tx: work(tx, import_.id, holder, now()),
        lambda tx, reason: fail_import(tx, import_.id, holder, reason, now()),
    )


async def _or_fail(database: Database, work: Work[Any], fail: Callable[[Transaction, str], Awaitable[None]]) -> None:
    """What a rule refuses ends it, with the reason; what was done stays."""
    try:
        await database.transact(work)
    except Unavailable:
        raise
    except Refusal as refusal:
        reason = str(refusal)
        await database.transact(lambda tx: fail(tx, reason))


async def _piece(database: Database, job: Job) -> Piece:
    limit = ASKED_AT_ONCE if job.kind in OWNED else STEP
    page = await customers(database, Wanted.model_validate(job.wanted), after=job.cursor, limit=limit, exact=True)
    return Piece(ids=[item.id for item in page.items], cursor=page.next)
