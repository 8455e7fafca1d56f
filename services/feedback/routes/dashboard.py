"""The dashboard's figures over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from services.feedback.schemas.dashboard import (
    Asked,
    BreakdownAsked,
    BreakdownBody,
    DimensionsBody,
    FunnelBody,
    ScoresAsked,
    ScoresBody,
    SeriesAsked,
    SeriesBody,
)
from services.feedback.schemas.responses import Metric
from services.feedback.views import dashboard as views
from services.feedback.views.funnel import funnel

router = APIRouter(prefix="/v1/dashboard", tags=["dashboard"], dependencies=[requires("responses:read")])

REFUSALS = problems(401, 403, 422)


@router.post("/scores", responses=REFUSALS)
async def get_scores(asked: ScoresAsked, db: DatabaseDep, now: Now) -> ScoresBody:
    """NPS, CSAT, CES and 5-star of a period: score, margin, classes, distribution, change to the equal period before."""
    return await views.scores(db, asked, now)


@router.post("/over-time", responses=REFUSALS)
async def get_over_time(asked: SeriesAsked, db: DatabaseDep, now: Now) -> SeriesBody:
    """A metric for each day, week or month of a period; each is a period of its own."""
    return await views.series(db, asked, now)


@router.post("/breakdown", responses=REFUSALS)
async def get_breakdown(asked: BreakdownAsked, db: DatabaseDep, now: Now) -> BreakdownBody:
    """A metric for each value of a property or another field, for each tag, campaign, template version or language."""
    return await views.breakdown(db, asked, now)


@router.post("/funnel", responses=REFUSALS)
async def get_funnel(asked: Asked, db: DatabaseDep, now: Now) -> FunnelBody:
    """Surveys sent in a period: how many were delivered, opened, answered, and answered with a comment."""
    return await funnel(db, asked, now)


@router.get("/dimensions", responses=REFUSALS)
async def get_dimensions(db: DatabaseDep, metric: Annotated[Metric, Query()] = "nps") -> DimensionsBody:
    """What answers to a metric can be split and filtered by."""
    return await views.dimensions(db, metric)
