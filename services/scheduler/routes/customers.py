"""The next survey of a customer over HTTP."""

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from services.scheduler.commands import customers as commands
from services.scheduler.routes.common import CUSTOMERS
from services.scheduler.schemas.next_surveys import NextSurveyBody
from services.scheduler.views import next_surveys as views

router = APIRouter(prefix="/v1")


@router.get(
    "/customers/{id}/next-survey",
    tags=[CUSTOMERS],
    dependencies=[requires("customers:read")],
    responses=problems(401, 403, 404),
)
async def get_next_survey(id: str, db: DatabaseDep, now: Now) -> NextSurveyBody:
    """When a customer is surveyed next, by which campaign and rule, and what every other campaign lacks."""
    return await views.explain(db, id, now)


@router.post(
    "/customers/{id}/reset-last-survey",
    tags=[CUSTOMERS],
    dependencies=[requires("customers:write")],
    responses=problems(401, 403, 404),
)
async def reset_last_survey(id: str, once: OnceDep, db: DatabaseDep, now: Now) -> NextSurveyBody:
    """Forget when the customer was surveyed last: the first-survey rules hold again."""
    await once.run(lambda tx: commands.reset_last_survey(tx, id, now))
    return await views.explain(db, id, now)
