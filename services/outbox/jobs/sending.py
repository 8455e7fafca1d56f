"""The loop that sends what is due."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from chassis import telemetry
from chassis.logs import get_logger
from chassis.service import Job
from services.outbox.adapters.smtp import Connection
from services.outbox.jobs.sender import Sender
from services.outbox.settings import Settings

log = get_logger(__name__)


def send(sender: Sender, settings: Settings, bell: asyncio.Event) -> Job:
    """Sends what is due, in as many workers as the settings say. A stop lets them finish the mail in hand."""
    grace = settings.chassis.graceful_seconds

    async def worker() -> None:
        async with Connection(settings) as connection:
            while True:
                if not await _finished(_sent_next(sender, connection), grace):
                    bell.clear()
                    await _rest(bell, settings.poll_seconds)

    async def run() -> None:
        await sender.check_key()
        async with asyncio.TaskGroup() as group:
            for _ in range(settings.workers):
                group.create_task(worker())

    return run


async def _sent_next(sender: Sender, connection: Connection) -> bool:
    """As `send_next`. Trouble with one record is that record's: its claim ends and it is taken again."""
    try:
        return await sender.send_next(connection)
    except Exception as error:
        telemetry.JOB_ERRORS.labels("send").inc()
        log.exception("sender.failed", error=type(error).__name__)
        connection.drop()
        return False


async def _finished(work: Coroutine[Any, Any, bool], grace: float) -> bool:
    """What work gives; when cancelled, it is given time to end, since half a sending is an unknown one."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=grace)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


async def _rest(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
