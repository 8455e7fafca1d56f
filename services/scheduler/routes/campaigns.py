"""Campaigns over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from services.scheduler.commands import campaigns as commands
from services.scheduler.domain import campaign as campaigns
from services.scheduler.domain.campaign import Kind, Metric, State
from services.scheduler.routes.common import CAMPAIGNS, CHANGES, READ, WRITE
from services.scheduler.schemas.campaigns import (
    CampaignBody,
    CampaignDraft,
    CampaignEdit,
    CampaignPage,
    CampaignVersions,
    DuplicateBody,
)
from services.scheduler.views import campaigns as views

router = APIRouter(prefix="/v1")


@router.post(
    "/campaigns", status_code=201, tags=[CAMPAIGNS], dependencies=[WRITE], responses=problems(401, 403, 409, 422)
)
async def create_campaign(draft: CampaignDraft, once: OnceDep, now: Now) -> CampaignBody:
    """Make a campaign; it begins as a draft. The same one under the same id is made once."""
    values = draft.values()
    return CampaignBody.model_validate(await once.run(lambda tx: commands.create_campaign(tx, draft.id, values, now)))


@router.get("/campaigns", tags=[CAMPAIGNS], dependencies=[READ], responses=problems(401, 403, 422))
async def list_campaigns(  # noqa: PLR0913 - each a filter
    db: DatabaseDep,
    *,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    kind: Annotated[Kind | None, Query(description="Only those of this kind.")] = None,
    metric: Annotated[Metric | None, Query(description="Only those that measure this.")] = None,
    brand_id: Annotated[str | None, Query(max_length=100, description="Only those of this brand.")] = None,
    q: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="A part of the name.")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CampaignPage:
    """Campaigns by id."""
    like = {"state": state, "kind": kind, "metric": metric, "brand_id": brand_id}
    return await views.campaigns(db, like=like, part=q, after=after, limit=limit)


@router.get("/campaigns/{id}", tags=[CAMPAIGNS], dependencies=[READ], responses=problems(401, 403, 404))
async def get_campaign(id: str, db: DatabaseDep, response: Response) -> CampaignBody:
    """One campaign."""
    body = await views.campaign(db, id)
    etag(response, body.version)
    return body


@router.get("/campaigns/{id}/versions", tags=[CAMPAIGNS], dependencies=[READ], responses=problems(401, 403, 404, 422))
async def list_versions(
    id: str,
    db: DatabaseDep,
    before: Annotated[int | None, Query(ge=1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CampaignVersions:
    """What the campaign said, newest first: each change of what is sent or to whom is a version of its own."""
    return await views.versions(db, id, before=before, limit=limit)


@router.get(
    "/campaigns/{id}/versions/{version}", tags=[CAMPAIGNS], dependencies=[READ], responses=problems(401, 403, 404, 422)
)
async def get_version(id: str, version: Annotated[int, Path(ge=1)], db: DatabaseDep) -> CampaignBody:
    """What the campaign said at a version."""
    return await views.version(db, id, version)


@router.post("/campaigns/{id}/duplicate", status_code=201, tags=[CAMPAIGNS], dependencies=[WRITE], responses=CHANGES)
async def duplicate_campaign(id: str, body: DuplicateBody, once: OnceDep, now: Now) -> CampaignBody:
    """Make a draft that says the same."""
    return CampaignBody.model_validate(await once.run(lambda tx: commands.duplicate_campaign(tx, id, body, now)))


@router.patch("/campaigns/{id}", tags=[CAMPAIGNS], dependencies=[WRITE], responses=CHANGES)
async def edit_campaign(
    id: str, edit: CampaignEdit, once: OnceDep, seq: IfMatch, now: Now, response: Response
) -> CampaignBody:
    """Change a campaign. What is left out stays; an object such as `schedule` is given whole."""
    values = edit.values()
    return _versioned(
        response, await once.run(lambda tx: commands.edit_campaign(tx, id, values, expected_seq=seq, now=now))
    )


@router.post("/campaigns/{id}/activate", tags=[CAMPAIGNS], dependencies=[WRITE], responses=CHANGES)
async def activate_campaign(id: str, once: OnceDep, seq: IfMatch, now: Now, response: Response) -> CampaignBody:
    """Let it survey: at once whoever is due already."""
    return _versioned(
        response,
        await once.run(lambda tx: commands.move_campaign(tx, id, campaigns.activate, expected_seq=seq, now=now)),
    )


@router.post("/campaigns/{id}/pause", tags=[CAMPAIGNS], dependencies=[WRITE], responses=CHANGES)
async def pause_campaign(id: str, once: OnceDep, seq: IfMatch, now: Now, response: Response) -> CampaignBody:
    """Let it rest: nothing more is requested until it is activated again."""
    return _versioned(
        response, await once.run(lambda tx: commands.move_campaign(tx, id, campaigns.pause, expected_seq=seq, now=now))
    )


@router.post("/campaigns/{id}/finish", tags=[CAMPAIGNS], dependencies=[WRITE], responses=CHANGES)
async def finish_campaign(id: str, once: OnceDep, seq: IfMatch, now: Now, response: Response) -> CampaignBody:
    """End it for good."""
    return _versioned(
        response, await once.run(lambda tx: commands.move_campaign(tx, id, campaigns.finish, expected_seq=seq, now=now))
    )


def _versioned(response: Response, answer: Any) -> CampaignBody:
    body = CampaignBody.model_validate(answer)
    etag(response, body.version)
    return body
