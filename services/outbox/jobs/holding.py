"""Whether mails may go out at all, asked before each batch; kept for a second where it costs."""

import time
from datetime import datetime, timedelta

from chassis import freshness
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database
from services.outbox import commands, store
from services.outbox.domain.brakes import stale
from services.outbox.jobs.looking_back import ahead
from services.outbox.settings import Settings

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class Hold:
    """What stands against sending anything.

    The brake that somebody has set; news of customers that is too old, since whoever said no since may be mailed; and a
    database that is older than what was sent, since it would be sent again.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._bound = timedelta(seconds=settings.stale_after_seconds)
        self._every = min(LOOK_SECONDS, settings.stale_after_seconds / 10)
        self._looked_at, self._stale = 0.0, False
        self._run, self._mark, self._marked_at = new_id(), None, 0.0

    _mark: datetime | None

    async def paused(self) -> bool:
        """Whether somebody has stopped all sending."""
        brake = await store.brake(self._database)
        return brake is not None and brake.paused

    async def stale(self) -> bool:
        """Whether what is known of customers is too old to send by."""
        if time.monotonic() - self._looked_at > self._every:
            is_stale = stale(await freshness.age(self._database, store.CUSTOMERS), self._bound)
            if is_stale != self._stale:
                log.warning("sending.held" if is_stale else "sending.resumed", reason="stale")
            self._looked_at, self._stale = time.monotonic(), is_stale
        return self._stale

    async def older(self) -> bool:
        """Whether the database is, or may be, older than what was sent: it is frozen then.

        Looked into when a process begins, and when the mark that it leaves each second is not as it left it.
        """
        if self._mark is not None and time.monotonic() - self._marked_at < LOOK_SECONDS:
            return False
        if self._mark is not None:
            self._mark = await store.go_on_running(self._database, self._run, self._mark)
        elif time.monotonic() - self._marked_at > LOOK_SECONDS:
            self._mark = await self._looked_back()
        else:
            return True
        self._marked_at = time.monotonic()
        return self._mark is None

    async def _looked_back(self) -> datetime | None:
        try:
            found = await ahead(self._database, self._settings.chassis)
        except Exception as error:  # noqa: BLE001 - Kafka is away: nobody knows
            log.warning("sending.held", reason="cannot look back", error=type(error).__name__)
            return None
        if found is None:
            return await store.begin_run(self._database, self._run)
        await self._database.transact(lambda tx: commands.freeze(tx, "outbox", found))
        log.error("sending.frozen", reason=found)
        return None
