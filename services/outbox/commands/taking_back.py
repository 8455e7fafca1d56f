"""Taking back what has not gone out: the record ends before the gate, or it is said what became of the mail."""

from collections.abc import Mapping, Sequence

from chassis.errors import Conflict, NotFound
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import dispatch as records
from services.outbox.domain.dispatch import Dispatch, Phase
from services.outbox.domain.unknowns import Settlement

AT_ONCE = 500
"""How many of a campaign end in one transaction."""


async def take_back(tx: Transaction, id_: str, actor: str, note: str) -> Dispatch:
    """Let this survey not go out. Raises `NotFound`, and `Conflict` where it has, or may have.

    It reads and writes the record in one transaction, as the gate does: of the two, one comes first, and the other
    runs again and sees it.
    """
    found = await store.load(tx, store.DISPATCHES, store.dispatches, [id_])
    if id_ not in found:
        code, reason = "dispatch-not-found", "There is no survey record with this id."
        raise NotFound(code, reason)
    if records.is_taken_back(found[id_]):
        return found[id_]
    taken = await _end(tx, found, actor, note)
    if not taken:
        raise Conflict(*_gone(found[id_]), state=str(found[id_].state), state_reason=found[id_].state_reason)
    return taken[0]


async def take_back_campaign(tx: Transaction, campaign_id: str, actor: str, note: str) -> int:
    """Let what waits of a campaign not go out, a batch a call; how many that were."""
    found = await store.waiting_of(tx, campaign_id, AT_ONCE)
    return len(await _end(tx, {one.id: one for one in found}, actor, note))


async def _end(tx: Transaction, found: Mapping[str, Dispatch], actor: str, note: str) -> Sequence[Dispatch]:
    now = await tx.now()
    ended = [one for before in found.values() if (one := records.taken_back(before, now)) is not None]
    said = [
        Settlement(
            id=new_id(),
            dispatch_id=one.id,
            customer_id=one.customer_id,
            what=records.TAKEN_BACK,
            at=now,
            actor=actor,
            note=note,
        )
        for one in ended
    ]
    await store.add_settlements(tx, said)
    return await store.save_dispatches(tx, ended)


def _gone(dispatch: Dispatch) -> tuple[str, str]:
    if dispatch.phase is Phase.COMMITTED:
        return "survey-on-its-way", "The survey is being handed over at this moment; it may have arrived."
    if dispatch.sent_at is not None:
        return "survey-gone-out", "The survey has gone out already."
    return "survey-over", "The survey will not go out anyway."
