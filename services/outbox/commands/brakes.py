"""Stopping all sending, and letting it go on."""

from datetime import datetime

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain.brakes import Brake, Limit, counting_since, too_many_complaints


async def brake(tx: Transaction, *, paused: bool, actor: str, note: str | None, now: datetime) -> None:
    """Set the brake or let it go; who did it and why is kept."""
    await store.set_brake(tx, Brake(id="", paused=paused, at=now, actor=actor, note=note))


async def stop_at_complaints(tx: Transaction, limit: Limit) -> str | None:
    """Set the brake where too many complain, and return why; somebody has to look before it is let go."""
    now = await tx.now()
    latest = await store.brake_in(tx)
    if latest is not None and latest.paused:
        return None
    mails_since, complaints_since = counting_since(now, latest)
    complaints = await store.complaints_since(tx, complaints_since)
    why = too_many_complaints(complaints, await store.mails_since(tx, mails_since), limit) if complaints else None
    if why:
        await brake(tx, paused=True, actor="outbox", note=why, now=now)
    return why
