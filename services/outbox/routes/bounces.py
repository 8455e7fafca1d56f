"""Bounces and complaints, and what came in and could not be read."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from services.outbox import store, views
from services.outbox.schemas import BouncePage, IncomingBody, IncomingText, PolicyRow

Text = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def add(router: APIRouter) -> None:
    """Facts for whoever may read survey records; what came in for operators."""
    _add_facts(router)
    _add_incoming(router)


def _add_facts(router: APIRouter) -> None:
    reader = requires("dispatches:read")

    @router.get("/v1/bounces", tags=["bounces"], dependencies=[reader], responses=problems(401, 403, 422))
    async def list_bounces(
        db: DatabaseDep,
        customer_id: Text = None,
        dispatch_id: Text = None,
        campaign_id: Text = None,
        kind: Text = None,
        after: Text = None,
        limit: Limit = 100,
    ) -> BouncePage:
        """Bounces and complaints of the last 90 days."""
        asked = {"customer_id": customer_id, "dispatch_id": dispatch_id, "campaign_id": campaign_id, "kind": kind}
        query = {name: {"$eq": value} for name, value in asked.items() if value is not None}
        return await views.bounces(db, query, after=after, limit=limit)

    @router.get("/v1/bounces/policy", tags=["bounces"], dependencies=[reader], responses=problems(401, 403, 422))
    async def list_policy_refusals(
        db: DatabaseDep, now: Now, days: Annotated[int, Query(ge=1, le=90)] = 7
    ) -> dict[str, list[PolicyRow]]:
        """Which domains refuse which templates for what they are or where they come from; no customer is at fault."""
        return {"items": await views.refused_by_policy(db, now, days)}


def _add_incoming(router: APIRouter) -> None:
    operator, refusals = requires("incoming:write"), problems(401, 403, 404, 422)

    @router.get("/v1/incoming", tags=["incoming"], dependencies=[operator], responses=refusals)
    async def list_incoming(
        db: DatabaseDep, state: Literal["unreadable", "waiting", "done", "discarded"] = "unreadable", limit: Limit = 100
    ) -> dict[str, list[IncomingBody]]:
        """Mails and webhooks that came in, by default those that could not be read."""
        return {"items": await views.incoming(db, state, limit)}

    @router.get("/v1/incoming/{id}", tags=["incoming"], dependencies=[operator], responses=refusals)
    async def get_incoming(id: str, db: DatabaseDep) -> IncomingText:
        """One, with its beginning as it came."""
        return await views.one_incoming(db, id)

    @router.post("/v1/incoming/{id}/replay", tags=["incoming"], dependencies=[operator], responses=refusals)
    async def replay_incoming(id: str, db: DatabaseDep) -> IncomingText:
        """Have it read again."""
        return await _moved(db, id, store.WAITING)

    @router.post("/v1/incoming/{id}/discard", tags=["incoming"], dependencies=[operator], responses=refusals)
    async def discard_incoming(id: str, db: DatabaseDep) -> IncomingText:
        """Have it forgotten."""
        return await _moved(db, id, store.DISCARDED)


async def _moved(db: DatabaseDep, id_: str, state: str) -> IncomingText:
    if await store.move_incoming(db, id_, state) is None:
        raise views.not_found()
    return await views.one_incoming(db, id_)
