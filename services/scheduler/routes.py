"""Scheduler over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.scheduler import commands, views
from services.scheduler.domain import campaign as campaigns
from services.scheduler.domain.campaign import State
from services.scheduler.schemas import (
    CampaignBody,
    CampaignDraft,
    CampaignEdit,
    CampaignPage,
    NextSurveyBody,
    RulesBody,
    SendBody,
    SentBody,
)

router = APIRouter(prefix="/v1")

READ, WRITE = requires("campaigns:read"), requires("campaigns:write")
CAMPAIGNS, CUSTOMERS = "campaigns", "next surveys"
CHANGES = problems(401, 403, 404, 409, 412, 422)


@router.post(
    "/campaigns", status_code=201, tags=[CAMPAIGNS], dependencies=[WRITE], responses=problems(401, 403, 409, 422)
)
async def create_campaign(draft: CampaignDraft, once: OnceDep, now: Now) -> CampaignBody:
    """Make a campaign; it begins as a draft. The same one under the same id is made once."""
    values = draft.values()
    return CampaignBody.model_validate(await once.run(lambda tx: commands.create_campaign(tx, draft.id, values, now)))


@router.get("/campaigns", tags=[CAMPAIGNS], dependencies=[READ], responses=problems(401, 403, 422))
async def list_campaigns(
    db: DatabaseDep,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CampaignPage:
    """Campaigns by id."""
    return await views.campaigns(db, state=state, after=after, limit=limit)


@router.get("/campaigns/{id}", tags=[CAMPAIGNS], dependencies=[READ], responses=problems(401, 403, 404))
async def get_campaign(id: str, db: DatabaseDep, response: Response) -> CampaignBody:
    """One campaign."""
    body = await views.campaign(db, id)
    etag(response, body.version)
    return body


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


@router.post(
    "/campaigns/{id}/send",
    status_code=202,
    tags=[CAMPAIGNS],
    dependencies=[requires("surveys:send")],
    responses=CHANGES,
)
async def send_survey(id: str, body: SendBody, once: OnceDep, now: Now) -> SentBody:
    """Survey one customer now, whatever audience, schedule and window say; never against a no or the quiet period."""

    async def command(tx: Transaction) -> SentBody:
        return SentBody.of(await commands.send_survey(tx, id, body.customer_id, now))

    return SentBody.model_validate(await once.run(command))


@router.get("/contact-rules", tags=["contact rules"], dependencies=[READ], responses=problems(401, 403))
async def get_contact_rules(db: DatabaseDep) -> RulesBody:
    """What holds for all campaigns."""
    return await views.rules(db)


@router.put("/contact-rules", tags=["contact rules"], dependencies=[WRITE], responses=problems(401, 403, 422))
async def set_contact_rules(body: RulesBody, once: OnceDep) -> RulesBody:
    """Set what holds for all campaigns; the date of every customer follows."""
    return RulesBody.model_validate(await once.run(lambda tx: commands.set_rules(tx, body.model_dump())))


@router.get(
    "/customers/{id}/next-survey",
    tags=[CUSTOMERS],
    dependencies=[requires("customers:read")],
    responses=problems(401, 403, 404),
)
async def get_next_survey(id: str, db: DatabaseDep, now: Now) -> NextSurveyBody:
    """When a customer is surveyed next, by which campaign and rule, and what every other campaign lacks."""
    return await views.explain(db, id, now)


@router.post(
    "/customers/{id}/reset-last-survey",
    tags=[CUSTOMERS],
    dependencies=[requires("customers:write")],
    responses=problems(401, 403, 404),
)
async def reset_last_survey(id: str, once: OnceDep, db: DatabaseDep, now: Now) -> NextSurveyBody:
    """Forget when the customer was surveyed last: the first-survey rules hold again."""
    await once.run(lambda tx: commands.reset_last_survey(tx, id, now))
    return await views.explain(db, id, now)


def _versioned(response: Response, answer: Any) -> CampaignBody:
    body = CampaignBody.model_validate(answer)
    etag(response, body.version)
    return body
