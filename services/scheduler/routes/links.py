"""The public link of a link campaign over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.http import DatabaseDep, problems
from services.scheduler.routes.common import CAMPAIGNS, READ
from services.scheduler.schemas.campaigns import CampaignLink
from services.scheduler.views.links import PublicLinks


def make_router(public: PublicLinks) -> APIRouter:
    """The route that gives links."""
    router = APIRouter(prefix="/v1", tags=[CAMPAIGNS], dependencies=[READ])

    @router.get("/campaigns/{id}/link", responses=problems(401, 403, 404, 409, 422))
    async def get_link(
        id: str,
        db: DatabaseDep,
        customer_id: Annotated[str | None, Query(max_length=100, description="Whom an identified link names.")] = None,
    ) -> CampaignLink:
        """The signed public address of a link campaign: the same for everyone, or for one customer."""
        return await public.link_of(db, id, customer_id)

    return router
