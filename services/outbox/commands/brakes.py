"""Stopping all sending, and letting it go on."""

from datetime import datetime

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain.brakes import Brake


async def brake(tx: Transaction, *, paused: bool, actor: str, note: str | None, now: datetime) -> None:
    """Set the brake or let it go; who did it and why is kept."""
    await store.set_brake(tx, Brake(id="", paused=paused, at=now, actor=actor, note=note))
