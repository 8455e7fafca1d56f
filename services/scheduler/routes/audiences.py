"""Audiences over HTTP, before a campaign has them."""

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from services.scheduler.routes.common import CAMPAIGNS
from services.scheduler.schemas.audiences import AudienceBody, AudienceCount
from services.scheduler.views import audiences as views

router = APIRouter(prefix="/v1/audiences", tags=[CAMPAIGNS], dependencies=[requires("customers:read")])


@router.post("/count", responses=problems(401, 403, 422))
async def count_audience(body: AudienceBody, db: DatabaseDep, now: Now) -> AudienceCount:
    """How many customers it has, and five of them with the clauses that hold. Nothing is stored."""
    return await views.count(db, body.audience, now)
