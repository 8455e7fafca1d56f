"""Sparing a destination that asks for it, in all processes."""

from dataclasses import dataclass

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import pacing
from services.outbox.domain.pacing import Full


@dataclass(frozen=True, slots=True)
class Share:
    """What a process has of a destination: mails that may go now, and how many may be under way at once."""

    tokens: int
    seats: int


async def take_share(
    tx: Transaction, destination: str, holder: str, *, tokens: int, seats: int, full: Full
) -> Share | None:
    """So many more tokens and so many seats in all, as far as there are any; None where there is no limit any more."""
    known = await store.pace(tx, destination)
    if known is None:
        return None
    now = await tx.now()
    after, granted = pacing.taken(known, now, tokens, full)
    seated = 0
    if after is not None:
        after, seated = pacing.seated(after, holder, seats, now, full)
    await store.save_pace(tx, destination, after)
    return Share(granted, seated) if after is not None else None


async def slow_down(tx: Transaction, destination: str, full: Full) -> None:
    """It has asked for less."""
    known = await store.pace(tx, destination)
    after = pacing.slowed(known, destination, await tx.now(), full)
    if after != known:
        await store.save_pace(tx, destination, after)
