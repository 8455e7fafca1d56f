"""Answers over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback import commands, views
from services.feedback.schemas import ResponseBody, ResponseDraft, ResponsePage

router = APIRouter(prefix="/v1", tags=["responses"])

Reader = requires("responses:read")
Writer = Annotated[Principal, requires("responses:write")]
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/responses", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_responses(
    db: DatabaseDep,
    customer_id: Text = None,
    campaign_id: Text = None,
    after: Text = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ResponsePage:
    """Answers, newest first; of a customer or a campaign."""
    asked = {"customer_id": customer_id, "campaign_id": campaign_id}
    query = {name: {"$eq": value} for name, value in asked.items() if value is not None}
    return await views.responses(db, query, after=after, limit=limit)


@router.post("/responses", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def add_response(draft: ResponseDraft, once: OnceDep, who: Writer, now: Now) -> ResponseBody:
    """Add an answer that was received outside of any survey."""

    async def command(tx: Transaction) -> ResponseBody:
        return ResponseBody.of(await commands.add_response(tx, draft, by=who.id, now=now))

    return ResponseBody.model_validate(await once.run(command))


@router.get("/responses/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_response(id: str, db: DatabaseDep) -> ResponseBody:
    """One answer."""
    return await views.response(db, id)
