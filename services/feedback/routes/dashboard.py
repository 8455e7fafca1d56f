"""The dashboard's figures over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import Now, problems
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
from services.feedback.views.reading import Figures

REFUSALS = problems(401, 403, 422)


def make_router(figures: Figures) -> APIRouter:
    """The dashboard's routes."""
    router = APIRouter(prefix="/v1/dashboard", tags=["dashboard"], dependencies=[requires("responses:read")])
    _add_figures(router, figures)
    _add_tables(router, figures)
    return router


def _add_figures(router: APIRouter, figures: Figures) -> None:
    @router.post("/scores", responses=REFUSALS)
    async def get_scores(asked: ScoresAsked, now: Now) -> ScoresBody:
        """NPS, CSAT, CES and 5-star of a period: score, margin, classes, distribution, change to the equal period before."""
        return await views.scores(figures, asked, now)

    @router.post("/over-time", responses=REFUSALS)
    async def get_over_time(asked: SeriesAsked, now: Now) -> SeriesBody:
        """A metric for each day, week or month of a period; each is a period of its own."""
        return await views.series(figures, asked, now)


def _add_tables(router: APIRouter, figures: Figures) -> None:
    @router.post("/breakdown", responses=REFUSALS)
    async def get_breakdown(asked: BreakdownAsked, now: Now) -> BreakdownBody:
        """A metric for each value of a property or another field, for each tag, campaign, template version or language."""
        return await views.breakdown(figures, asked, now)

    @router.post("/funnel", responses=REFUSALS)
    async def get_funnel(asked: Asked, now: Now) -> FunnelBody:
        """Surveys sent in a period: how many were delivered, opened, answered, and answered with a comment."""
        return await funnel(figures, asked, now)

    @router.get("/dimensions", responses=REFUSALS)
    async def get_dimensions(metric: Annotated[Metric, Query()] = "nps") -> DimensionsBody:
        """What answers to a metric can be split and filtered by."""
        return await views.dimensions(figures.database, metric)
