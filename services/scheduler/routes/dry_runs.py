"""What a campaign would do, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from services.scheduler.routes.common import CAMPAIGNS, READ
from services.scheduler.schemas.campaigns import CampaignEdit
from services.scheduler.schemas.dry_runs import DryRunBody
from services.scheduler.views import dry_runs as views

router = APIRouter(
    prefix="/v1/campaigns/{id}/dry-run", tags=[CAMPAIGNS], dependencies=[READ, requires("customers:read")]
)


@router.post("", responses=problems(401, 403, 404, 422))
async def dry_run_campaign(
    id: str,
    db: DatabaseDep,
    now: Now,
    edit: CampaignEdit | None = None,
    days: Annotated[int, Query(ge=1, le=90, description="How far to look ahead.")] = 30,
) -> DryRunBody:
    """Surveys a day were it switched on now, as it is or changed as the body says; who is held back, and clashes."""
    return await views.campaign(db, id, edit.values() if edit else {}, days=days, now=now)
