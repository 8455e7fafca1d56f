"""Alerts over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback.adapters.receivers import Receivers
from services.feedback.commands import alerting
from services.feedback.commands import alerts as commands
from services.feedback.schemas.alerts import (
    AlertBody,
    AlertDraft,
    AlertEdit,
    AlertList,
    AlertWithSecret,
    NoticePage,
)
from services.feedback.schemas.webhooks import TestBody
from services.feedback.store import alerts as rows
from services.feedback.views import alerts as views

Reader, Writer = requires("alerts:read"), requires("alerts:write")
Limit = Annotated[int, Query(ge=1, le=1000)]
Skip = Annotated[int, Query(ge=0, le=100_000)]


def make_router(receivers: Receivers) -> APIRouter:
    """The routes; `receivers` say whom they can tell, and tell them."""
    router = APIRouter(prefix="/v1/alerts", tags=["alerts"])
    _add_keeping(router, receivers)
    _add_reading(router)
    _add_test(router, receivers)
    return router


def _add_keeping(router: APIRouter, receivers: Receivers) -> None:
    @router.post("", status_code=201, dependencies=[Writer], responses=problems(401, 403, 422))
    async def create_alert(draft: AlertDraft, once: OnceDep, now: Now) -> AlertWithSecret:
        """Tell somebody of answers given from now on. The secret that signs is shown in this answer only."""
        await receivers.check(draft.url)

        async def command(tx: Transaction) -> AlertWithSecret:
            values = draft.model_dump(exclude={"active"})
            return AlertWithSecret.made(await commands.create_alert(tx, values, active=draft.active, now=now))

        return AlertWithSecret.model_validate(await once.run(command))

    @router.patch("/{id}", dependencies=[Writer], responses=problems(401, 403, 404, 412, 422))
    async def edit_alert(id: str, edit: AlertEdit, db: DatabaseDep, seq: IfMatch, now: Now) -> AlertBody:
        """Change it; what is left out stays. `active` switches it on, from now, and off."""
        values = edit.model_dump(exclude_unset=True)
        if "url" in values:
            await receivers.check(values["url"])
        return AlertBody.of(
            await db.transact(lambda tx: commands.edit_alert(tx, id, values, expected_seq=seq, now=now))
        )

    @router.delete("/{id}", status_code=204, dependencies=[Writer], responses=problems(401, 403, 404))
    async def delete_alert(id: str, db: DatabaseDep) -> None:
        """Remove it, with its log and what it was still to tell."""
        await db.transact(lambda tx: commands.delete_alert(tx, id))


def _add_reading(router: APIRouter) -> None:
    @router.get("", dependencies=[Reader], responses=problems(401, 403))
    async def list_alerts(db: DatabaseDep) -> AlertList:
        """All, by name."""
        return await views.alerts(db)

    @router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
    async def get_alert(id: str, db: DatabaseDep, response: Response) -> AlertBody:
        """One."""
        found = await views.alert(db, id)
        etag(response, found.seq)
        return found

    @router.get("/{id}/notices", dependencies=[Reader], responses=problems(401, 403, 404, 422))
    async def list_notices(id: str, db: DatabaseDep, skip: Skip = 0, limit: Limit = 100) -> NoticePage:
        """Its log, newest first."""
        return await views.notices(db, id, skip=skip, limit=limit)


def _add_test(router: APIRouter, receivers: Receivers) -> None:
    @router.post("/{id}/test", dependencies=[Writer], responses=problems(401, 403, 404))
    async def test_alert(id: str, db: DatabaseDep, now: Now) -> TestBody:
        """Tell of a sample now, and say what came back."""
        alert = await db.transact(lambda tx: rows.alert(tx, id))
        return TestBody.of(await alerting.tell_sample(receivers, alert, now))
