"""How sending stands."""

from chassis.mongo import Database
from services.outbox import store
from services.outbox.schemas.sending import BrakeBody, SendingBody

SHOWN = 20


async def sending(database: Database) -> SendingBody:
    """Whether it is paused, what waits, and what is unknown."""
    brake = await store.brake(database)
    due, oldest = await store.waiting(database)
    return SendingBody(
        paused=brake is not None and brake.paused,
        due=due,
        oldest_due_at=oldest["next_try_at"] if oldest else None,
        unknown=await store.unknown(database),
        history=[BrakeBody.of(one) for one in await store.brake_history(database, SHOWN)],
    )
