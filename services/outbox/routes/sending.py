"""Sending over HTTP: how it stands, pause, go on."""

from typing import Annotated

from fastapi import APIRouter

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, Now, problems
from services.outbox import commands, views
from services.outbox.schemas import Reason
from services.outbox.schemas.sending import OpenBody, ReleaseBody, SendingBody
from services.outbox.settings import Settings

Operator = Annotated[Principal, requires("operations:write")]


def add(router: APIRouter, settings: Settings) -> None:
    """How sending stands, and its brake."""
    refusals, clashes = problems(401, 403, 422), problems(401, 403, 409, 422)

    @router.get("/v1/sending", tags=["sending"], dependencies=[requires("dispatches:read")], responses=refusals)
    async def get_sending(db: DatabaseDep) -> SendingBody:
        """Whether mails go out, how many wait, and of how many nobody knows whether they arrived."""
        return await views.sending(db, settings)

    @router.post("/v1/sending/pause", tags=["sending"], responses=refusals)
    async def pause(body: Reason, db: DatabaseDep, who: Operator, now: Now) -> SendingBody:
        """Let no more mails out, in any process, within a second; those under way end."""
        await db.transact(lambda tx: commands.brake(tx, paused=True, actor=who.id, note=body.note, now=now))
        return await views.sending(db, settings)

    @router.post("/v1/sending/resume", tags=["sending"], responses=clashes)
    async def resume(body: Reason, db: DatabaseDep, who: Operator, now: Now) -> SendingBody:
        """Let mails out again."""
        await db.transact(lambda tx: commands.brake(tx, paused=False, actor=who.id, note=body.note, now=now))
        return await views.sending(db, settings)

    _add_opening(router, settings)


def _add_opening(router: APIRouter, settings: Settings) -> None:
    @router.post("/v1/sending/open", tags=["sending"], responses=problems(401, 403, 404, 422))
    async def open_destination(body: OpenBody, db: DatabaseDep, who: Operator) -> SendingBody:
        """Let mails go again to a destination that had refused too many by policy."""
        await db.transact(lambda tx: commands.open_destination(tx, body.destination, who.id, body.note))
        return await views.sending(db, settings)

    @router.post("/v1/sending/release", tags=["sending"], responses=problems(401, 403, 409, 422))
    async def release(body: ReleaseBody, db: DatabaseDep, who: Operator) -> SendingBody:
        """Let mails out although the database may be older than what was sent: what it does not know of goes out again."""
        await commands.release_unseen(db, who.id, body.note)
        return await views.sending(db, settings)
