"""The loop that sends what is due."""

import asyncio
import time
from collections.abc import Sequence

from chassis import telemetry
from chassis.logs import get_logger
from chassis.service import Job
from services.outbox.adapters.carriers import Carrier, make_carrier
from services.outbox.jobs.sender import Sender, Work
from services.outbox.settings import Settings

log = get_logger(__name__)

MOST_AT_ONCE = 500
AHEAD_SECONDS, SHORT_SECONDS = 0.15, 0.1
"""So much work is claimed at once, when so much is left: what waits longer for a worker has to be looked at again."""
Queue = asyncio.Queue[Work | None]


def send(sender: Sender, settings: Settings, bell: asyncio.Event) -> Job:
    """Sends what is due, in as many workers as the settings say.

    A stop lets them finish the mails in hand, since half a sending is an unknown one; what they did not come to goes back.
    """

    async def run() -> None:
        await sender.check_key()
        queue: Queue = asyncio.Queue()
        feeder = asyncio.create_task(_feed(sender, settings, queue, bell))
        workers = [asyncio.create_task(_work(sender, settings, queue, n)) for n in range(settings.workers)]
        try:
            done, _ = await asyncio.wait({feeder, *workers}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _ended(feeder)
            await _finished(sender, queue, workers, settings.chassis.graceful_seconds)

    return run


async def _feed(sender: Sender, settings: Settings, queue: Queue, bell: asyncio.Event) -> None:
    """Claim ahead of the workers, a batch at a time; nothing while sending is paused or held."""
    stock = Stock(settings.workers)
    while True:
        bell.clear()
        await sender.keep_pace()
        if await sender.paused():
            await sender.give_back([work for work in _emptied(queue) if work is not None])
            await asyncio.sleep(settings.poll_seconds)
            continue
        if queue.qsize() > stock.least:
            await _short(queue, stock.least, settings)
            continue
        taken = await sender.take(stock.wanted(time.monotonic(), queue.qsize()))
        for work in taken:
            queue.put_nowait(work)
        stock.now_has(time.monotonic(), queue.qsize())
        if not taken:
            await _rest(bell, settings.poll_seconds)


class Stock:
    """How much to claim ahead, by how fast the workers are."""

    def __init__(self, workers: int) -> None:
        self._workers, self._rate = workers, 0.0
        self._seen = (0.0, 0)

    @property
    def least(self) -> int:
        """With no more left than this it is time to claim."""
        return min(self._workers, int(self._rate * SHORT_SECONDS))

    def wanted(self, now: float, left: int) -> int:
        """How many to claim now, with so many left; a worker each at least."""
        before, had = self._seen
        self._rate = max(had - left, 0) / max(now - before, 0.001)
        return max(self._workers, min(int(self._rate * AHEAD_SECONDS), MOST_AT_ONCE))

    def now_has(self, now: float, many: int) -> None:
        """So much is there from which the workers take until it is short."""
        self._seen = (now, many)


async def _short(queue: Queue, least: int, settings: Settings) -> None:
    """Until the workers will soon need more, or it is time to look at the brake."""
    until = time.monotonic() + settings.poll_seconds
    while queue.qsize() > least and time.monotonic() < until:  # noqa: ASYNC110 - a queue tells of getting one, not of being short
        await asyncio.sleep(0.002)


async def _work(sender: Sender, settings: Settings, queue: Queue, number: int) -> None:
    async with make_carrier(settings, number) as connection:
        while (work := await queue.get()) is not None:
            if work.left() < settings.claim_seconds / 2:
                await sender.give_back([work])
            else:
                await _sent(sender, connection, work)


async def _sent(sender: Sender, connection: Carrier, work: Work) -> None:
    """As `send`. Trouble with one record is that record's: its claim ends and it is taken again."""
    try:
        await sender.send(connection, work)
    except Exception as error:
        telemetry.JOB_ERRORS.labels("send").inc()
        log.exception("sender.failed", error=type(error).__name__)
        connection.drop()


async def _finished(sender: Sender, queue: Queue, workers: Sequence[asyncio.Task[None]], grace: float) -> None:
    """Give back what waits, let what is under way end, and store what became of it."""
    left = [work for work in _emptied(queue) if work is not None]
    for _ in workers:
        queue.put_nowait(None)
    await sender.give_back(left)
    await asyncio.wait(workers, timeout=grace)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    await asyncio.wait_for(sender.recorded(), grace)


def _emptied(queue: Queue) -> list[Work | None]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _rest(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
