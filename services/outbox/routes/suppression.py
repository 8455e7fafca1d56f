"""Who may be surveyed, over HTTP."""

import asyncio
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, Now, problems
from chassis.mongo import Database
from services.outbox import commands, views
from services.outbox.domain.deliverability import Evidence
from services.outbox.domain.wishes import What, Wish
from services.outbox.schemas import ConsentList, DeliverabilityBody, PreferencesBody, Reason

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
        await grant(db, id, Wish(what=What.NONE, evidence=evidence), secret)
        return await views.deliverability(db, id, now)

    @router.post(f"{path}/resubscribe", tags=tags, responses=refusals)
    async def resubscribe(id: str, body: Reason, db: DatabaseDep, who: Suppressor, now: Now) -> DeliverabilityBody:
        """Take a customer's no back."""
        evidence = Evidence(at=now, cause="user", actor=who.id, note=body.note)
        await grant(db, id, Wish(what=What.AGAIN, evidence=evidence), secret)
        return await views.deliverability(db, id, now)

    _add_wishes(router, secret, path)


def _add_wishes(router: APIRouter, secret: str, path: str) -> None:
    """What a customer wants beside yes and no, and what it wanted."""
    tags: list[str | Enum] = ["deliverability"]
    refusals = problems(401, 403, 422, 503)

    @router.post(f"{path}/preferences", tags=tags, responses=refusals)
    async def prefer(id: str, body: PreferencesBody, db: DatabaseDep, who: Suppressor, now: Now) -> DeliverabilityBody:
        """Fewer surveys for a customer, or a rest. 200 means that nothing will be sent against it."""
        await grant(db, id, body.asked(now, who.id), secret)
        return await views.deliverability(db, id, now)

    @router.get(f"{path}/consents", tags=tags, dependencies=[requires("deliverability:read")], responses=refusals)
    async def list_consents(id: str, db: DatabaseDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> ConsentList:
        """What a customer wished for, by whose word and when."""
        return await views.consents(db, id, limit)


async def grant(db: Database, customer_id: str, wish: Wish, secret: str) -> None:
    """Store a wish, then wait for a mail that was let out before it: after this nothing arrives against it."""
    gates = await db.transact(lambda tx: commands.grant(tx, customer_id, wish, secret))
    if wish.what is What.AGAIN:
        return
    while await views.on_the_way(db, gates):  # noqa: ASYNC110 - another process ends it
        await asyncio.sleep(0.02)
