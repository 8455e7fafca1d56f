"""The public link of a link campaign over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.http import DatabaseDep, problems
from services.scheduler.routes.common import CAMPAIGNS, READ
from services.scheduler.schemas.campaigns import CampaignLink, CampaignPreview
from services.scheduler.schemas.common import Language
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

    @router.get("/campaigns/{id}/preview", responses=problems(401, 403, 404, 422))
    async def get_preview(
        id: str,
        db: DatabaseDep,
        language: Annotated[Language | None, Query(description="Left out: the browser's.")] = None,
    ) -> CampaignPreview:
        """The signed address of a preview of its survey, which stores nothing."""
        return await public.preview_of(db, id, language)

    return router
