"""Scheduler over HTTP."""

from fastapi import APIRouter

from commons.retention import make_router as make_retention
from services.scheduler.routes import (
    apps,
    audiences,
    campaigns,
    customers,
    dry_runs,
    in_app,
    ledger,
    links,
    occurrences,
    recalculations,
    rules,
    triggers,
)
from services.scheduler.store.retention import KEPT
from services.scheduler.views.in_app import Front
from services.scheduler.views.links import PublicLinks

ROUTERS = [
    campaigns.router,
    dry_runs.router,
    ledger.router,
    audiences.router,
    occurrences.router,
    rules.router,
    recalculations.router,
    customers.router,
    triggers.router,
    make_retention(KEPT),
]


def make_routers(front: Front) -> list[APIRouter]:
    """All routes; `front` answers apps, and signs links."""
    public = PublicLinks(front.links, front.settings.survey_url)
    return [*ROUTERS, links.make_router(public), apps.make_router(front), in_app.make_router(front)]
