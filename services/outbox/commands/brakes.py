"""Stopping all sending, and letting it go on."""

from datetime import datetime

from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import Database, Transaction
from services.outbox import store
from services.outbox.domain.brakes import Brake, Limit, counting_since, too_many_complaints


async def brake(tx: Transaction, *, paused: bool, actor: str, note: str | None, now: datetime) -> None:
    """Set the brake or let it go; who did it and why is kept. Raises `Conflict` where sending is frozen and is to go on."""
    latest = await store.brake_in(tx)
    frozen = latest is not None and latest.frozen
    if frozen and not paused:
        code, reason = "sending-frozen", "The database is older than what was sent: reconcile, or release it knowingly."
        raise Conflict(code, reason)
    await store.set_brake(tx, Brake(id="", paused=paused, at=now, actor=actor, note=note, frozen=frozen))


async def freeze(tx: Transaction, actor: str, note: str) -> datetime:
    """Stop all sending until somebody has brought the database up to what was sent. Returns since when it is so."""
    latest = await store.brake_in(tx)
    if latest is not None and latest.frozen:
        return latest.at
    now = await tx.now()
    await store.set_brake(tx, Brake(id="", paused=True, at=now, actor=actor, note=note, frozen=True))
    return now


async def release(tx: Transaction, actor: str, note: str) -> None:
    """End a freeze; sending goes on. Raises `Conflict` where there is none."""
    latest = await store.brake_in(tx)
    if latest is None or not latest.frozen:
        code, reason = "not-frozen", "Sending is not frozen."
        raise Conflict(code, reason)
    await store.set_brake(tx, Brake(id="", paused=False, at=await tx.now(), actor=actor, note=note))


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


async def complaints(tx: Transaction) -> tuple[int, int]:
    """How many there were of yesterday's and today's mails, whoever has looked at them; and how many mails."""
    since, _ = counting_since(await tx.now(), None)
    return await store.complaints_since(tx, since), await store.mails_since(tx, since)


async def release_unseen(database: Database, actor: str, note: str) -> None:
    """End a freeze without having brought anything up to what was sent: what was told before now is looked at no more."""
    await database.transact(lambda tx: release(tx, actor, note))
    await store.begin_run(database, new_id(), store.CLOCKS)
