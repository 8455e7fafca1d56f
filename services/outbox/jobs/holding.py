"""Whether mails may go out at all, asked before each batch; kept for a second where it costs."""

import time
from datetime import timedelta

from chassis import freshness
from chassis.logs import get_logger
from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.brakes import stale
from services.outbox.settings import Settings

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class Hold:
    """The brake that somebody has set, and news of customers that is too old: whoever said no since may be mailed."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._bound = database, timedelta(seconds=settings.stale_after_seconds)
        self._every = min(LOOK_SECONDS, settings.stale_after_seconds / 10)
        self._looked_at, self._stale = 0.0, False

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
