"""Tells each webhook of the answers that wait for it: each at its own pace, each customer's in order."""

import asyncio
import random
from functools import partial

from chassis.clock import now
from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database, Transaction
from chassis.service import Job
from services.feedback.adapters.webhooks import TIMEOUT_SECONDS, Poster
from services.feedback.commands import telling
from services.feedback.commands import webhooks as commands
from services.feedback.domain.webhook import Decision, Line, Outcome, Reply, decide, news_of
from services.feedback.jobs.pacing import each_at_its_pace
from services.feedback.store import webhooks as rows

log = get_logger(__name__)

POLL_SECONDS = 0.5
AT_ONCE = 8
"""Customers whose answers one process tells one webhook of at the same time."""
CLAIM_SECONDS = 3 * TIMEOUT_SECONDS


def tell_webhooks(database: Database, poster: Poster) -> Job:
    """Looks for webhooks with something to be told; a slow one holds up no other."""

    async def run() -> None:
        try:
            await each_at_its_pace(
                lambda: rows.due_webhooks(database), lambda id_: _serve(database, poster, id_), POLL_SECONDS
            )
        finally:
            await poster.close()

    return run


async def _serve(database: Database, poster: Poster, webhook_id: str) -> None:
    """Tell one webhook all that it can be told now."""

    async def work() -> None:
        while line := await rows.claim_line(database, webhook_id, new_id(), CLAIM_SECONDS):
            await tell_next(database, poster, line)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
    except* Exception as errors:  # noqa: BLE001 - what is claimed is tried again when its claim ends
        log.warning("webhook.failed", webhook=webhook_id, error=type(errors.exceptions[0]).__name__)


async def tell_next(database: Database, poster: Poster, line: Line) -> None:
    """Tell of the first answer in a line that is ours."""
    try:
        found = await database.transact(lambda tx: commands.to_tell(tx, line))
    except NotFound:
        await rows.drop_line(database, line)
        return
    if found is None:
        await database.transact(lambda tx: _skip(tx, line))
        return
    webhook, type_, data = found
    if webhook.paused:
        await database.transact(lambda tx: rows.rest_line(tx, line))
        return
    seq: int = data.pop("seq")
    reply = await telling.post(poster, webhook, news_of(line.response_id, seq), type_, data, now())
    await _conclude(database, line, seq, reply)


async def _skip(tx: Transaction, line: Line) -> None:
    await rows.conclude_line(tx, line, Decision(outcome=Outcome.DELIVERED), None)


async def _conclude(database: Database, line: Line, seq: int, reply: Reply) -> None:
    at, jitter = now(), random.random()  # noqa: S311 - jitter
    decision = decide(line, reply, at, jitter)
    if decision.outcome is Outcome.GAVE_UP:
        log.error("webhook.gave_up", webhook=line.webhook_id, response=line.response_id, status=reply.status)
    await database.transact(lambda tx: commands.conclude(tx, line, seq, reply, decision, at))


def replay_webhooks(database: Database) -> Job:
    """Works through the replays that were asked for, piece by piece."""

    async def run() -> None:
        while True:
            found = await rows.open_replay(database)
            if found is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                await database.transact(partial(commands.replay_step, id_=found["_id"], now=now()))

    return run
