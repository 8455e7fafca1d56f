"""Tells what alerts have to tell: each at its own pace, so that a slow receiver holds up no other."""

import random

from chassis.clock import now
from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.service import Job
from services.feedback.adapters.mail import TIMEOUT_SECONDS
from services.feedback.adapters.receivers import Receivers
from services.feedback.commands import alerting
from services.feedback.commands import alerts as commands
from services.feedback.domain.alert import EVENT, Notice
from services.feedback.domain.webhook import Outcome, decide
from services.feedback.jobs.pacing import each_at_its_pace
from services.feedback.store import alerts as rows

log = get_logger(__name__)

POLL_SECONDS = 1.0
CLAIM_SECONDS = 5 * TIMEOUT_SECONDS


def tell_alerts(database: Database, receivers: Receivers) -> Job:
    """Looks for alerts with something to tell."""

    async def run() -> None:
        await each_at_its_pace(
            lambda: rows.due_alerts(database), lambda id_: _serve(database, receivers, id_), POLL_SECONDS
        )

    return run


async def _serve(database: Database, receivers: Receivers, alert_id: str) -> None:
    """Tell all that one alert has to tell now; what is claimed is tried again when its claim ends."""
    try:
        while notice := await rows.claim_notice(database, alert_id, new_id(), CLAIM_SECONDS):
            await tell(database, receivers, notice)
    except Exception as error:  # noqa: BLE001 - the next look tries again
        log.warning("alert.failed", alert=alert_id, error=type(error).__name__)


async def tell(database: Database, receivers: Receivers, notice: Notice) -> None:
    """Tell what a notice of ours has to tell."""
    try:
        told = await database.transact(lambda tx: commands.to_tell(tx, notice))
    except NotFound:
        return
    if told is None:
        await database.transact(lambda tx: commands.conclude(tx, notice, None, None))
        return
    reply = await alerting.tell(receivers, notice.id, EVENT, told, now())
    decision = decide(notice, reply, now(), random.random())  # noqa: S311 - jitter
    if decision.outcome is Outcome.GAVE_UP:
        log.error("alert.gave_up", alert=notice.alert_id, status=reply.status)
    await database.transact(lambda tx: commands.conclude(tx, notice, reply, decision))
