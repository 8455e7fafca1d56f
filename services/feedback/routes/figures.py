"""Figures over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from services.feedback import views
from services.feedback.schemas import Summary

router = APIRouter(prefix="/v1", tags=["figures"])

Reader = requires("responses:read")
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/summary", dependencies=[Reader], responses=problems(401, 403))
async def get_summary(db: DatabaseDep, campaign_id: Text = None) -> Summary:
    """NPS with its counts and margin."""
    return await views.summary(db, campaign_id)
