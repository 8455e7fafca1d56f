"""The loop that looks at sending as a whole: what waits, what is unknown, and whether too many complain."""

import asyncio

from prometheus_client import Gauge

from chassis.clock import now
from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.service import Job
from services.outbox import commands, store
from services.outbox.domain.brakes import Limit
from services.outbox.settings import Settings

log = get_logger(__name__)

WATCH_SECONDS = 5.0
DUE = Gauge("sounding_outbox_due_count", "Surveys that are due and not sent.")
OLDEST = Gauge("sounding_outbox_due_age_seconds", "For how long the first of them has been due.")
UNKNOWN = Gauge("sounding_outbox_unknown_count", "Surveys of which nobody knows whether they arrived.")
COMPLAINTS = Gauge("sounding_outbox_complaint_share", "Complaints for each mail of yesterday and today (UTC).")
SPARED = Gauge("sounding_outbox_spared_count", "Destinations, relays and providers that have asked for less.")
STOPPED = Gauge("sounding_outbox_stopped_count", "Destinations that nothing goes to, since they refuse us by policy.")
PAUSED = Gauge("sounding_outbox_paused", "1 while somebody, or too many complaints, has stopped all sending.")


def watch(database: Database, settings: Settings) -> Job:
    """Brings metrics up to date, and sets the brake where more complain than may."""
    limit = Limit(settings.complaint_stop_share, settings.complaint_stop_least_mails)

    async def run() -> None:
        while True:
            if why := await database.transact(lambda tx: commands.stop_at_complaints(tx, limit)):
                log.error("sending.stopped", reason=why)
            await measure(database)
            await asyncio.sleep(WATCH_SECONDS)

    return run


async def measure(database: Database) -> None:
    """Bring the metrics up to date."""
    due, oldest = await store.waiting(database)
    brake = await store.brake(database)
    DUE.set(due)
    OLDEST.set((now() - oldest["next_try_at"]).total_seconds() if oldest else 0)
    UNKNOWN.set(await store.unknown(database))
    PAUSED.set(brake is not None and brake.paused)
    complaints, mails = await database.transact(commands.complaints)
    COMPLAINTS.set(complaints / mails if mails else 0)
    SPARED.set(len(await store.spared(database)))
    STOPPED.set(sum(one.closed(now()) for one in await store.refusing(database)))
