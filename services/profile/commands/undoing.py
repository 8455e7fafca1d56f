"""An import taken back, piece by piece from its last one: as if it had never been, as far as nobody built on it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chassis.mongo import Transaction
from services.profile import store
from services.profile.domain import importing
from services.profile.domain.customer import Customer, Stamp, Statement, hear
from services.profile.domain.importing import Import, State
from services.profile.domain.undoing import Was, is_only_of, undone, without
from services.profile.store.collections import FILE_SECONDS
from services.profile.store.history import forget_past
from services.profile.store.imports import imports
from services.profile.store.undo import Changes, take_displaced


async def undo_import(tx: Transaction, id_: str, now: datetime) -> Import:
    """Begin to take it back. Raises `NotFound`, and `Conflict` where that cannot be."""
    import_ = await imports.get(tx, id_)
    until = (import_.started_at or now) + timedelta(seconds=FILE_SECONDS)
    return await imports.put(tx, importing.undoing(import_, now, until=until))


async def undo_piece(tx: Transaction, id_: str, holder: str, now: datetime) -> None:
    """Take the last piece back that is not yet, and remember how far it is, together."""
    import_ = await imports.held(tx, id_, holder, State.UNDOING)
    if import_ is None:
        return
    number = import_.next_part - 1
    displaced = await take_displaced(tx, id_, number)
    customers = store.Customers(tx)
    known = await customers.some([*displaced.created, *displaced.changed])
    made = [one for one in known if one.id in set(displaced.created)]
    gone = [one for one in made if is_only_of(id_, import_.source, one) and not customers.has_been_surveyed(one.id)]
    others = [one for one in made if one not in gone]
    before = {one.id: one for one in known}
    after = [*(_left(import_, one, now) for one in others), *await _put_back(tx, id_, before, displaced.changed)]
    await customers.remove(gone, now=now)
    await forget_past(tx, [one.id for one in gone])
    await customers.save(before, after, now=now)
    await imports.put(
        tx,
        replace(
            import_,
            next_part=max(number, 0),
            state=State.UNDOING if number > 0 else State.UNDONE,
            removed=import_.removed + len(gone),
            put_back=import_.put_back + len(after) - len(others),
            kept=import_.kept + len(others),
            changed_at=now,
        ),
    )


def _left(import_: Import, customer: Customer, now: datetime) -> Customer:
    """One with whom others have to do: without what the import said; with nothing but surveys, deleted."""
    if is_only_of(import_.id, import_.source, customer):
        return hear(customer, Statement(stamp=Stamp(now, customer.source, f"{import_.id}:undone"), deleted=True))
    return without(customer, import_.id, import_.source)


async def _put_back(tx: Transaction, id_: str, before: Mapping[str, Customer], changed: Changes) -> list[Customer]:
    """As they were; an address that is another's by now is not given back."""
    restored = [undone(before[one], was, id_) for one, was in changed.items() if one in before]
    wanted = {one.canonical_email for one in restored if one.canonical_email != before[one.id].canonical_email}
    holders = await store.Customers(tx).known_by((), [email for email in wanted if email])
    taken = {(one.canonical_email, one.id) for one in holders}
    emails = {email for email, _ in taken}
    return [
        undone(before[one.id], _but_email(changed[one.id]), id_)
        if one.canonical_email in emails and (one.canonical_email, one.id) not in taken
        else one
        for one in restored
    ]


def _but_email(was: Sequence[Was]) -> list[Was]:
    return [one for one in was if (one.kind, one.name) != ("fields", "email")]
