"""Survey records over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from services.outbox import views
from services.outbox.schemas import DispatchBody, DispatchPage

Text = Annotated[str | None, Query(max_length=200)]


def add(router: APIRouter) -> None:
    """Survey records."""
    reader = requires("dispatches:read")

    @router.get("/v1/dispatches", tags=["dispatches"], dependencies=[reader], responses=problems(401, 403, 422))
    async def list_dispatches(
        db: DatabaseDep,
        customer_id: Text = None,
        campaign_id: Text = None,
        state: Text = None,
        after: Text = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> DispatchPage:
        """Survey records, of a customer, a campaign or in a state."""
        asked = {"customer_id": customer_id, "campaign_id": campaign_id, "state": state}
        query = {name: {"$eq": value} for name, value in asked.items() if value is not None}
        return await views.dispatches(db, query, after=after, limit=limit)

    @router.get("/v1/dispatches/{id}", tags=["dispatches"], dependencies=[reader], responses=problems(401, 403, 404))
    async def get_dispatch(id: str, db: DatabaseDep) -> DispatchBody:
        """One survey record."""
        return await views.dispatch(db, id)
