"""Who may be surveyed, over HTTP."""

import asyncio
from enum import Enum
from typing import Annotated

from fastapi import APIRouter

from chassis import clock
from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, Now, problems
from chassis.mongo import Database
from services.outbox import commands, views
from services.outbox.domain.deliverability import Evidence
from services.outbox.schemas import DeliverabilityBody, Reason

Suppressor = Annotated[Principal, requires("deliverability:write")]


def add(router: APIRouter, secret: str) -> None:
    """A customer's no, and its end."""
    path, refusals = "/v1/customers/{id}", problems(401, 403, 422, 503)
    tags: list[str | Enum] = ["deliverability"]

    @router.get(f"{path}/deliverability", tags=tags, dependencies=[requires("deliverability:read")], responses=refusals)
    async def get_deliverability(id: str, db: DatabaseDep, now: Now) -> DeliverabilityBody:
        """Whether a customer may be surveyed, with the evidence."""
        return await views.deliverability(db, id, now)

    @router.post(f"{path}/unsubscribe", tags=tags, responses=refusals)
    async def unsubscribe(id: str, body: Reason, db: DatabaseDep, who: Suppressor, now: Now) -> DeliverabilityBody:
        """Never survey a customer again. 200 means that nothing will be sent."""
        evidence = Evidence(at=now, cause="user", actor=who.id, note=body.note)
        await say_no(db, id, evidence, secret)
        return await views.deliverability(db, id, now)

    @router.post(f"{path}/resubscribe", tags=tags, responses=refusals)
    async def resubscribe(id: str, body: Reason, db: DatabaseDep, who: Suppressor, now: Now) -> DeliverabilityBody:
        """Take a customer's no back."""
        del body, who
        await db.transact(lambda tx: commands.resubscribe(tx, id, secret, now))
        return await views.deliverability(db, id, now)


async def say_no(db: Database, customer_id: str, evidence: Evidence, secret: str) -> None:
    """Store the no, then wait for a mail that was let out before it: after this nothing arrives."""
    gates = await db.transact(lambda tx: commands.unsubscribe(tx, customer_id, evidence, secret, clock.now()))
    while await views.on_the_way(db, gates):  # noqa: ASYNC110 - another process ends it
        await asyncio.sleep(0.02)
