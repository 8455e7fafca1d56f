"""Scheduler's loops: ask for what is due, and look again at customers after the rules changed.

What asks for surveys rests while news of customers is stale: somebody may have said no since.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from chassis.clock import now
from chassis.mongo import Database
from chassis.service import Job
from services.scheduler import store
from services.scheduler.commands import customers, occurrences
from services.scheduler.commands.endings import end_what_is_through
from services.scheduler.commands.reminders import ask_for_reminders
from services.scheduler.commands.triggers import ask_for_triggered
from services.scheduler.store.reminders import due_reminder_ids
from services.scheduler.store.triggers import due_trigger_ids
from services.scheduler.views.news import News

Turn = Callable[[], Awaitable[bool]]
"""One piece of work; whether there was any."""


def due(database: Database, news: News, bell: asyncio.Event, *, batch: int, poll_seconds: float) -> Job:
    """Asks for each survey that is due, in any number of processes; the claim sees that each is asked for once."""

    async def turn() -> bool:
        ids = await store.due_ids(database, now(), batch)
        if ids:
            await database.transact(lambda tx: occurrences.claim_due(tx, ids, now()))
        return bool(ids)

    return _loop(turn, bell, poll_seconds, news)


def triggers(database: Database, news: News, bell: asyncio.Event, *, batch: int, poll_seconds: float) -> Job:
    """Asks for the surveys of triggers whose moment has come."""

    async def turn() -> bool:
        ids = await due_trigger_ids(database, now(), batch)
        if ids:
            await database.transact(lambda tx: ask_for_triggered(tx, ids, now()))
        return bool(ids)

    return _loop(turn, bell, poll_seconds, news)


def reminders(database: Database, news: News, bell: asyncio.Event, *, batch: int, poll_seconds: float) -> Job:
    """Asks for the reminders whose moment has come and whose condition holds then."""

    async def turn() -> bool:
        ids = await due_reminder_ids(database, now(), batch)
        if ids:
            await database.transact(lambda tx: ask_for_reminders(tx, ids, now()))
        return bool(ids)

    return _loop(turn, bell, poll_seconds, news)


def endings(database: Database, *, grace_seconds: float, poll_seconds: float) -> Job:
    """Ends one-time campaigns that are through."""
    grace = timedelta(seconds=grace_seconds)

    async def run() -> None:
        while True:
            await end_what_is_through(database, grace, now())
            await asyncio.sleep(poll_seconds)

    return run


def recalculate(database: Database, bell: asyncio.Event, *, batch: int, poll_seconds: float) -> Job:
    """Works through the customers whose date was computed under older rules. Stopped anywhere, it goes on."""

    async def turn() -> bool:
        ids = await store.outdated_ids(database, batch)
        if ids:
            await database.transact(lambda tx: customers.recalculate(tx, ids, now()))
        return bool(ids)

    return _loop(turn, bell, poll_seconds)


def _loop(turn: Turn, bell: asyncio.Event, poll_seconds: float, news: News | None = None) -> Job:
    async def run() -> None:
        while True:
            bell.clear()
            if news is not None and await news.stale():
                await asyncio.sleep(news.look_seconds)
            elif not await turn():
                await _rest(bell, poll_seconds)

    return run


async def _rest(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
