"""What other systems send in their own form, taken as the sync events that it means."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body

from chassis.auth import requires
from chassis.errors import Invalid
from chassis.http import Now, problems
from chassis.idempotency import Once, OnceDep
from services.profile.commands.sync import accept_events, read_events
from services.profile.domain.connectors import hubspot, segment
from services.profile.schemas.sync import SyncAccepted, Taken

router = APIRouter(
    prefix="/v1", tags=["connectors"], dependencies=[requires("sync:write")], responses=problems(401, 403, 413, 422)
)

Meaning = Callable[[Any], dict[str, Any] | None]


@router.post("/segment/identify", status_code=202)
async def accept_segment(
    body: Annotated[Any, Body(description="An `identify` call, or a batch.")], once: OnceDep, now: Now
) -> Taken:
    """Take Segment's `identify` calls; other calls, and those of nobody with an id or address, are passed over."""
    calls = [call for one in _objects(body) for call in segment.calls(one)]
    return await _take(once, now, calls, segment.customer_sync)


@router.post("/hubspot/contacts", status_code=202)
async def accept_hubspot(
    body: Annotated[Any, Body(description="Contacts, or events of a webhook; one or a list.")], once: OnceDep, now: Now
) -> Taken:
    """Take HubSpot's contacts and its webhooks' events of contacts; what else is sent is passed over."""
    return await _take(once, now, _objects(body), hubspot.customer_sync)


def _objects(body: Any) -> list[dict[str, Any]]:
    bodies = body if isinstance(body, list) else [body]
    for place, one in enumerate(bodies):
        if not isinstance(one, dict):
            code, reason = "not-an-object", "It must be a JSON object."
            raise Invalid(code, reason, field=str(place))
    return bodies


async def _take(once: Once, now: datetime, given: Sequence[Any], meaning: Meaning) -> Taken:
    meant = {str(place): sync for place, one in enumerate(given) if (sync := meaning(one)) is not None}
    # Delivered twice in one call is still once.
    first = {sync["id"]: place for place, sync in reversed(meant.items())}
    bodies = {place: sync for place, sync in meant.items() if first[sync["id"]] == place}
    if not bodies:
        return Taken(id=None, accepted=0, passed_over=len(given))
    events = read_events(bodies)
    accepted = SyncAccepted.model_validate(await once.run(lambda tx: accept_events(tx, events, now)))
    return Taken(id=accepted.id, accepted=accepted.count, passed_over=len(given) - len(bodies))
