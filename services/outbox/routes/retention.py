"""How long things are kept, over HTTP."""

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import problems
from services.outbox.schemas.retention import RetentionBody
from services.outbox.store.retention import KEPT

router = APIRouter(prefix="/v1/retention", tags=["operations"])


@router.get("", dependencies=[requires("operations:read")], responses=problems(401, 403))
async def get_retention() -> RetentionBody:
    """How long this service keeps what, as it is in force."""
    return RetentionBody.of(KEPT)
