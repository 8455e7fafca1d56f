"""Whether what is known of customers is recent enough to ask anyone for anything."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

from chassis import freshness
from chassis.logs import get_logger
from chassis.mongo import Database
from services.scheduler import store
from services.scheduler.domain.limits import too_old

log = get_logger(__name__)

LOOK_SECONDS = 1.0
STREAMS: Sequence[str] = ("customers", store.DELIVERABILITY)
"""On which a customer says no, or is deleted."""


class News:
    """How old it is, for all jobs of a process; asked of the database once a second while it is good."""

    def __init__(self, database: Database, bound: timedelta) -> None:
        self._database, self._bound = database, bound
        self.look_seconds = min(LOOK_SECONDS, bound.total_seconds() / 10)
        """How often it is asked for anew."""
        self._looked_at, self._stale = 0.0, True

    async def stale(self) -> bool:
        """Whether it is too old to ask for a survey by it: somebody may have said no since."""
        if self._stale or time.monotonic() - self._looked_at > self.look_seconds:
            ages = await asyncio.gather(*(freshness.age(self._database, purpose) for purpose in STREAMS))
            is_stale = too_old(ages, self._bound)
            if is_stale != self._stale:
                log.warning("claims.held" if is_stale else "claims.resumed", reason="stale")
            self._looked_at, self._stale = time.monotonic(), is_stale
        return self._stale
