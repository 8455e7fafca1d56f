"""How sending stands."""

from datetime import timedelta

from chassis import freshness
from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.brakes import stale
from services.outbox.schemas.sending import BrakeBody, SendingBody
from services.outbox.settings import Settings

SHOWN = 20


async def sending(database: Database, settings: Settings) -> SendingBody:
    """Whether it is paused or held, what waits, and what is unknown."""
    age = await freshness.age(database, store.CUSTOMERS)
    brake = await store.brake(database)
    due, oldest = await store.waiting(database)
    return SendingBody(
        paused=brake is not None and brake.paused,
        frozen=brake is not None and brake.frozen,
        held=stale(age, timedelta(seconds=settings.stale_after_seconds)),
        customers_age_seconds=None if age is None else age.total_seconds(),
        due=due,
        oldest_due_at=oldest["next_try_at"] if oldest else None,
        unknown=await store.unknown(database),
        history=[BrakeBody.of(one) for one in await store.brake_history(database, SHOWN)],
    )
