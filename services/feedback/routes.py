"""Feedback over HTTP, for the console and internal systems."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from services.feedback import views
from services.feedback.schemas import ResponseBody, ResponsePage, Summary

router = APIRouter(prefix="/v1", tags=["responses"], dependencies=[requires("responses:read")])

Text = Annotated[str | None, Query(max_length=200)]


@router.get("/responses", responses=problems(401, 403, 422))
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


@router.get("/responses/{id}", responses=problems(401, 403, 404))
async def get_response(id: str, db: DatabaseDep) -> ResponseBody:
    """One answer."""
    return await views.response(db, id)


@router.get("/summary", responses=problems(401, 403))
async def get_summary(db: DatabaseDep, campaign_id: Text = None) -> Summary:
    """NPS with its counts and margin."""
    return await views.summary(db, campaign_id)
