"""Sparing a destination that asks for it, in all processes."""

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import pacing


async def take_tokens(tx: Transaction, destination: str, wanted: int, full: float) -> int:
    """How many mails one process may send there now."""
    known = await store.pace(tx, destination)
    if known is None:
        return wanted
    after, granted = pacing.taken(known, await tx.now(), wanted, full)
    await store.save_pace(tx, destination, after)
    return granted


async def slow_down(tx: Transaction, destination: str, full: float) -> None:
    """It has asked for less."""
    known = await store.pace(tx, destination)
    after = pacing.slowed(known, destination, await tx.now(), full)
    if after != known:
        await store.save_pace(tx, destination, after)
