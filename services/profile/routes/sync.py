"""Sync events over HTTP, for integrations that do not speak Kafka."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from commons.calls import by_place
from services.profile.commands import sync as commands
from services.profile.schemas.sync import SyncAccepted, SyncProgress
from services.profile.views import sync as views

router = APIRouter(prefix="/v1/sync", tags=["sync"])

EXAMPLE = {
    "specversion": "1.0",
    "id": "8f0c",
    "source": "hubspot",
    "type": "customer.sync",
    "subject": "hs-4711",
    "time": "2026-11-23T10:00:00Z",
    "data": {"email": "ada@example.com", "first_name": "Ada", "tags": {"add": ["nps"]}},
}


@router.post("", status_code=202, dependencies=[requires("sync:write")], responses=problems(401, 403, 413, 422))
async def accept_sync(
    body: Annotated[Any, Body(examples=[EXAMPLE, [EXAMPLE]])], once: OnceDep, now: Now
) -> SyncAccepted:
    """Take one `customer.sync` event, or a list of up to 1,000: all or, where one is not valid, none.

    They are appended to the integrations' topic and heard as if they had come by Kafka. To send the same again is
    safe: an event has one effect by its `source` and `id`.
    """
    events = commands.read_events(by_place(body))
    return SyncAccepted.model_validate(await once.run(lambda tx: commands.accept_events(tx, events, now)))


@router.get("/{id}", dependencies=[requires("sync:read")], responses=problems(401, 403, 404))
async def get_sync(id: str, db: DatabaseDep) -> SyncProgress:
    """What became of the events of one call, for seven days."""
    return await views.progress(db, id)
