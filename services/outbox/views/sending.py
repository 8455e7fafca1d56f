"""How sending stands."""

from datetime import timedelta

from chassis import clock, freshness
from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain import pacing
from services.outbox.domain.brakes import stale
from services.outbox.schemas.sending import BrakeBody, SendingBody, SparedBody, StoppedBody
from services.outbox.settings import Settings

SHOWN, SPARED_SHOWN = 20, 100


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
        stopped=[
            StoppedBody(destination=one.id, refused=one.refused, sent=one.sent, until=one.closed_until)
            for one in await store.refusing(database)
            if one.closed_until is not None and one.closed(clock.now())
        ],
        spared=await _spared(database, settings),
        history=[BrakeBody.of(one) for one in await store.brake_history(database, SHOWN)],
    )


async def _spared(database: Database, settings: Settings) -> list[SparedBody]:
    now = clock.now()
    return [
        SparedBody(
            destination=one.id,
            rate=round(one.rate, 3),
            connections=pacing.connections(one, settings.full_speed(one.id)),
            connections_used=pacing.under_way(one, now),
            slowed_at=one.slowed_at,
        )
        for one in await store.paces_shown(database, SPARED_SHOWN)
    ]
