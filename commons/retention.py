"""How long a service keeps what, told over HTTP."""

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.auth import requires
from chassis.http import problems


class KeptBody(BaseModel):
    """One kind of thing."""

    what: str
    days: float | None = Field(description="After so many days it is removed by itself; null: not by itself.")


class RetentionBody(BaseModel):
    """How long this service keeps what. What is about a person goes with its erasure, whatever stands here."""

    items: list[KeptBody]


def make_router(kept: Mapping[str, float | None]) -> APIRouter:
    """The route; `kept` names each kind of thing and its days, as they are in force."""
    router = APIRouter(prefix="/v1/retention", tags=["operations"])

    @router.get("", dependencies=[requires("operations:read")], responses=problems(401, 403))
    async def get_retention() -> RetentionBody:
        """How long this service keeps what, as it is in force."""
        return RetentionBody(items=[KeptBody(what=what, days=days) for what, days in kept.items()])

    return router
