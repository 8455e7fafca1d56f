"""Taking back what has not gone out, over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, problems
from services.outbox import commands, views
from services.outbox.schemas import DispatchBody
from services.outbox.schemas.unknowns import Because, TakenBody

Sender = Annotated[Principal, requires("surveys:send")]
Manager = Annotated[Principal, requires("campaigns:write")]


def add(router: APIRouter) -> None:
    """One survey, or all that wait of a campaign."""
    refusals = problems(401, 403, 404, 409, 422)

    @router.post("/v1/dispatches/{id}/take-back", tags=["dispatches"], responses=refusals)
    async def take_back(id: str, body: Because, db: DatabaseDep, who: Sender) -> DispatchBody:
        """Let a survey that waits not go out, ever. 409 where it has gone out or may have; `state` says which."""
        await db.transact(lambda tx: commands.take_back(tx, id, who.id, body.note))
        return await views.dispatch(db, id)

    @router.post("/v1/campaigns/{id}/take-back", tags=["dispatches"], responses=problems(401, 403, 422))
    async def take_back_campaign(id: str, body: Because, db: DatabaseDep, who: Manager) -> TakenBody:
        """Let all that wait of a campaign not go out, some hundreds a call: ask again while there are `more`."""
        taken = await db.transact(lambda tx: commands.take_back_campaign(tx, id, who.id, body.note))
        return TakenBody(taken_back=taken, more=taken == commands.AT_ONCE)
