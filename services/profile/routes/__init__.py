"""Profile over HTTP."""

from fastapi import APIRouter

from services.profile.adapters.owners import Owners
from services.profile.routes import actions, connectors, customers, imports, jobs, sync


def make_routers(owners: Owners) -> list[APIRouter]:
    """All routes; `owners` are asked for what they own."""
    return [customers.router, jobs.router, imports.router, sync.router, connectors.router, actions.make_router(owners)]
