"""Stopping what goes to a destination that refuses us, and letting it go on."""

from chassis.errors import NotFound
from chassis.logs import get_logger
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import refusals as rules
from services.outbox.domain.refusals import Bound

log = get_logger(__name__)


async def note_refusals(tx: Transaction, destination: str, *, sent: int, refused: int, bound: Bound) -> None:
    """So many mails went out there, and so many were refused by policy."""
    now, known = await tx.now(), await store.standing(tx, destination)
    after = rules.noted(known, destination, now, sent, refused, bound)
    await store.save_standing(tx, after)
    if after.closed(now) and not (known and known.closed(now)):
        log.error("destination.stopped", destination=destination, refused=after.refused, sent=after.sent)


async def open_destination(tx: Transaction, destination: str, actor: str, note: str | None) -> None:
    """Let mails go there again. Raises `NotFound` where nothing has stopped them."""
    now, known = await tx.now(), await store.standing(tx, destination)
    if known is None or not known.closed(now):
        code, reason = "destination-not-stopped", "Nothing has stopped mails to this destination."
        raise NotFound(code, reason)
    await store.save_standing(tx, rules.opened(known, now))
    log.warning("destination.opened", destination=destination, actor=actor, note=note)
