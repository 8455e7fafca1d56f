"""Survey records over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from services.outbox import commands, views
from services.outbox.schemas import (
    DispatchBody,
    DispatchPage,
    Figures,
    JudgedAgain,
    MailBody,
    RecordFilter,
    StatsBody,
    Timeline,
)
from services.outbox.settings import Settings

Text = Annotated[str | None, Query(max_length=200)]


def add(router: APIRouter, settings: Settings) -> None:
    """Survey records, what happened to them, and their figures."""
    _add_records(router, settings)
    _add_figures(router)


def _add_records(router: APIRouter, settings: Settings) -> None:
    reads, refusals = [requires("dispatches:read")], problems(401, 403, 404, 422)

    @router.get("/v1/dispatches", tags=["dispatches"], dependencies=reads, responses=refusals)
    async def list_dispatches(db: DatabaseDep, asked: Annotated[RecordFilter, Query()]) -> DispatchPage:
        """Survey records, the newest first: of a customer, a campaign, a period, in a state and so on."""
        return await views.dispatches(db, asked)

    @router.get("/v1/dispatches/{id}", tags=["dispatches"], dependencies=reads, responses=refusals)
    async def get_dispatch(id: str, db: DatabaseDep) -> DispatchBody:
        """One survey record."""
        return await views.dispatch(db, id)

    @router.get("/v1/dispatches/{id}/mail", tags=["dispatches"], dependencies=reads, responses=refusals)
    async def get_mail(id: str, db: DatabaseDep) -> MailBody:
        """The mail as it went out; gone with its customer when that is erased."""
        return await views.mail(db, id, settings)

    @router.get("/v1/dispatches/{id}/timeline", tags=["dispatches"], dependencies=reads, responses=refusals)
    async def get_timeline(id: str, db: DatabaseDep) -> Timeline:
        """All that happened to one survey: steps, reminders, and who fetched its pixel and links, with the verdict."""
        return await views.timeline(db, id)

    @router.get("/v1/customers/{id}/timeline", tags=["dispatches"], dependencies=reads, responses=refusals)
    async def get_customer_timeline(id: str, db: DatabaseDep) -> Timeline:
        """All that happened to a customer's surveys, and what it wished for."""
        return await views.customer_timeline(db, id)


def _add_figures(router: APIRouter) -> None:
    reads, refusals = [requires("dispatches:read")], problems(401, 403, 422)

    @router.post(
        "/v1/opens/judge-again", tags=["stats"], dependencies=[requires("operations:write")], responses=refusals
    )
    async def judge_again(
        db: DatabaseDep, after: Text = None, limit: Annotated[int, Query(ge=1, le=1000)] = 500
    ) -> JudgedAgain:
        """Judge who opened and clicked by the rules of today, a page of records at a time; `next` goes into `after`."""
        looked, changed, last = await commands.judge_page(db, after or "", limit)
        return JudgedAgain(looked=looked, changed=changed, next=last if looked == limit else None)

    @router.get("/v1/stats", tags=["stats"], dependencies=reads, responses=refusals)
    async def get_stats(
        db: DatabaseDep, campaign_id: Text = None, since: date | None = None, until: date | None = None
    ) -> StatsBody:
        """Figures of the surveys sent from `since` until before `until`, by day and by campaign."""
        return await views.stats(db, campaign_id, since, until)

    @router.get("/v1/customers/{id}/stats", tags=["stats"], dependencies=reads, responses=refusals)
    async def get_customer_stats(id: str, db: DatabaseDep) -> Figures:
        """Figures of one customer's surveys."""
        return await views.customer_stats(db, id)

    @router.post("/v1/stats/recount", tags=["stats"], dependencies=[requires("operations:write")], responses=refusals)
    async def recount(db: DatabaseDep) -> dict[str, int]:
        """Count all records again: `records` will be looked at, `wrong` rows were put right."""
        records, wrong = await commands.recount(db)
        return {"records": records, "wrong": wrong}
