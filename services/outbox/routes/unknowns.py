"""Mails that nobody knows the end of, settled over HTTP."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, problems
from services.outbox import commands
from services.outbox.schemas.unknowns import AgainBody, DoneBody, SettleBody

Operator = Annotated[Principal, requires("operations:write")]


def add(router: APIRouter) -> None:
    """What became of them; and, of those that did not arrive, a new one."""
    refusals = problems(401, 403, 422)

    @router.post("/v1/unknowns/settle", tags=["sending"], responses=refusals)
    async def settle(body: SettleBody, db: DatabaseDep, who: Operator) -> DoneBody:
        """Say what became of mails whose state is `unknown`; nothing is sent by that."""
        ids, delivered = list(dict.fromkeys(body.ids)), body.delivered
        done = await db.transact(lambda tx: commands.settle(tx, ids, who.id, body.note, delivered=delivered))
        return DoneBody(**asdict(done))

    @router.post("/v1/unknowns/send-again", tags=["sending"], responses=refusals)
    async def send_again(body: AgainBody, db: DatabaseDep, who: Operator) -> DoneBody:
        """Send new surveys in place of those that were settled as not delivered, each once."""
        ids = list(dict.fromkeys(body.ids))
        return DoneBody(**asdict(await db.transact(lambda tx: commands.send_again(tx, ids, who.id, body.note))))
