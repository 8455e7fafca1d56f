"""Settling by hand what nobody knows the end of, and sending again what did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.ids import derived_id, new_id
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.domain import unknowns as rules
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.unknowns import Settlement

AGAIN, BY_SEARCH = "sent-again", "outbox"


@dataclass(frozen=True, slots=True)
class Done:
    """Which records it was done to, and why not to the others."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


async def settle(tx: Transaction, ids: Sequence[str], actor: str, note: str, *, delivered: bool) -> Done:
    """Let these unknown records have arrived, or not."""
    now, found = await tx.now(), await store.load(tx, store.DISPATCHES, store.dispatches, ids)
    after = {id_: rules.settled(one, now, delivered=delivered) for id_, one in found.items()}
    changed = [one for one in after.values() if one is not None]
    await store.save_dispatches(tx, changed)
    what = rules.ARRIVED if delivered else rules.NOT_ARRIVED
    await store.add_settlements(tx, [_settlement(one, what, actor, note, now) for one in changed])
    return _done(ids, [one.id for one in changed], found, "not-unknown")


async def send_again(tx: Transaction, ids: Sequence[str], actor: str, note: str) -> Done:
    """Ask for a new survey in place of each of these that did not arrive; once for each, however often it is asked."""
    now, found = await tx.now(), await store.load(tx, store.DISPATCHES, store.dispatches, ids)
    made = {id_: rules.again(one, derived_id("again", id_), now) for id_, one in found.items()}
    wanted = {id_: one for id_, one in made.items() if one is not None}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, [one.id for one in wanted.values()])
    fresh = {id_: one for id_, one in wanted.items() if one.id not in known}
    await store.save_dispatches(tx, list(fresh.values()))
    await store.add_settlements(tx, [_settlement(found[id_], AGAIN, actor, note, now) for id_ in fresh])
    return _done(ids, list(wanted), found, "not-settled-as-not-delivered")


async def found_at_provider(tx: Transaction, id_: str, provider_id: str) -> None:
    """The provider has the mail, under this id: it did go out."""
    now, found = await tx.now(), await store.load(tx, store.DISPATCHES, store.dispatches, [id_])
    after = rules.taken(found[id_], provider_id, now) if id_ in found else None
    if after is not None:
        await store.save_dispatches(tx, [after])
        await store.add_settlements(tx, [_settlement(after, rules.TAKEN, BY_SEARCH, f"found as {provider_id}", now)])


def _settlement(dispatch: Dispatch, what: str, actor: str, note: str, now: datetime) -> Settlement:
    customer_id = dispatch.customer_id
    return Settlement(
        id=new_id(), dispatch_id=dispatch.id, customer_id=customer_id, what=what, at=now, actor=actor, note=note
    )


def _done(ids: Sequence[str], done: list[str], found: dict[str, Dispatch], why: str) -> Done:
    left = [id_ for id_ in ids if id_ not in done]
    return Done(done, {id_: why if id_ in found else "dispatch-not-found" for id_ in left})
