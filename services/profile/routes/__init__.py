"""Profile over HTTP."""

from fastapi import APIRouter

from commons.retention import make_router as make_retention
from services.profile.adapters.owners import Owners
from services.profile.routes import actions, attributes, connectors, customers, imports, jobs, segments, sync
from services.profile.store.retention import KEPT


def make_routers(owners: Owners) -> list[APIRouter]:
    """All routes; `owners` are asked for what they own."""
    about = [customers.router, segments.router, attributes.router, jobs.make_router(owners)]
    own = [*about, imports.router, sync.router, connectors.router, make_retention(KEPT)]
    return [*own, actions.make_router(owners)]
