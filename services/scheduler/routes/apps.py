"""How apps that show surveys are known, for whoever sets one up."""

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import problems
from services.scheduler.schemas.in_app import AppsBody
from services.scheduler.views.in_app import Front


def make_router(front: Front) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1/in-app", tags=["in-app"])

    @router.get("", dependencies=[requires("operations:read")], responses=problems(401, 403))
    async def get_apps() -> AppsBody:
        """Which keys are in force, by fingerprint, and from where browsers may ask."""
        return front.apps()

    return router
