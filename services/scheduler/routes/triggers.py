"""Triggers over HTTP, for integrations that do not speak Kafka."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.scheduler.commands import intake
from services.scheduler.commands import triggers as commands
from services.scheduler.domain.triggers import TriggerState
from services.scheduler.schemas.triggers import TriggerBody, TriggerOutcome, TriggerPage, TriggersAccepted
from services.scheduler.views import triggers as views

router = APIRouter(prefix="/v1/triggers", tags=["triggers"])

READ, WRITE = requires("triggers:read"), requires("triggers:write")
EXAMPLE = {
    "specversion": "1.0",
    "id": "8f0c",
    "source": "shop",
    "type": "survey.trigger",
    "time": "2026-11-23T10:00:00Z",
    "data": {"trigger": "order.delivered", "customer": {"email": "ada@example.com"}, "payload": {"total": 129.5}},
}


@router.post("", status_code=202, dependencies=[WRITE], responses=problems(401, 403, 413, 422))
async def accept_triggers(body: Annotated[Any, Body(examples=[EXAMPLE, [EXAMPLE]])], once: OnceDep) -> TriggersAccepted:
    """Take one `survey.trigger` event, or a list of up to 1,000: all or, where one is not valid, none.

    They are appended to the integrations' topic and heard as if they had come by Kafka. To send the same again is
    safe: an event has one effect by its `source` and `id`.
    """
    events = intake.read_events(body)
    return TriggersAccepted.model_validate(await once.run(lambda tx: intake.accept_events(tx, events)))


@router.get("", dependencies=[READ], responses=problems(401, 403, 422))
async def list_triggers(
    db: DatabaseDep,
    *,
    state: Annotated[TriggerState, Query(description="How far they are.")] = TriggerState.WAITING,
    campaign_id: Annotated[str | None, Query(max_length=100)] = None,
    customer_id: Annotated[str | None, Query(max_length=100)] = None,
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> TriggerPage:
    """Triggers that wait, or what became of those of the last thirty days; one entry for each campaign."""
    like = {"campaign_id": campaign_id, "customer_id": customer_id}
    return await views.triggers(db, state=state, like=like, after=after, limit=limit)


@router.get("/{id}", dependencies=[READ], responses=problems(401, 403, 404))
async def get_trigger(id: str, db: DatabaseDep) -> TriggerOutcome:
    """What every campaign that the trigger started made of it."""
    return await views.trigger(db, id)


@router.delete("/{id}", dependencies=[WRITE], responses=problems(401, 403, 404, 409))
async def cancel_trigger(id: str, once: OnceDep, now: Now) -> TriggerOutcome:
    """Let nothing come of a trigger that still waits."""

    async def command(tx: Transaction) -> TriggerOutcome:
        found = await commands.cancel_trigger(tx, id, now)
        return TriggerOutcome(id=id, campaigns=[TriggerBody.of(one) for one in found])

    return TriggerOutcome.model_validate(await once.run(command))
