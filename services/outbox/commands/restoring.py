"""Bringing a database from a backup up to what outbox had told others before the database was lost."""

from collections.abc import Sequence
from datetime import datetime

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_of
from services.outbox.domain import deliverability as rules
from services.outbox.domain import restoring as rules_of_restoring
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand
from services.outbox.domain.restoring import Standing, as_told, in_doubt


async def restore_records(tx: Transaction, told: Sequence[Dispatch], secret: str) -> int:
    """Let records be as they were told of last; nobody is told again. Returns how many were not."""
    latest = {one.id: one for one in sorted(told, key=lambda one: one.seq)}
    known = await store.load(tx, store.DISPATCHES, store.dispatches, latest)
    after = [as_told(known.get(id_), one) for id_, one in latest.items()]
    changed = [one for one in after if one != known.get(one.id)]
    await store.save_dispatches(tx, changed, tell=False)
    await _mark_waves(tx, [one for one in changed if one.sent_at is not None], secret)
    return len(changed)


async def _mark_waves(tx: Transaction, out: Sequence[Dispatch], secret: str) -> None:
    """Whose mailboxes have had these waves' mails: no other record may go there."""
    people = await store.load(tx, store.RECIPIENTS, store.recipients, {one.customer_id for one in out})
    addresses = {id_: address_of(person, secret) for id_, person in people.items()}
    wanted = [(one, address) for one in out if (address := addresses.get(one.customer_id))]
    held = await store.wave_holders(tx, wanted)
    free = {wave: one.id for one, address in wanted if (wave := store.wave_of(one, address)) not in held}
    await store.mark_waves(tx, free)


async def restore_standings(tx: Transaction, told: Sequence[Standing], secret: str) -> int:
    """Let customers and their mailboxes stand as they were told to stand last. Returns how many did not."""
    ids = {one.id for one in told}
    people = await store.load(tx, store.RECIPIENTS, store.recipients, ids)
    addresses = {id_: address for id_, person in people.items() if (address := address_of(person, secret))}
    known = await store.load(tx, store.GATES, store.gates, ids | set(addresses.values()))
    gates = dict(known)
    for one in sorted(told, key=lambda one: one.seq):
        address = addresses.get(one.id)
        gates[one.id] = rules_of_restoring.standing(gates.get(one.id, Gate(id=one.id)), one, address)
        if address is not None:
            gates[address] = rules.of_one_under_it(gates.get(address, Gate(id=address)), gates[one.id])
    changed = [gate for id_, gate in gates.items() if gate != known.get(id_)]
    await store.put_gates(tx, changed)
    return sum(not gate.id.startswith(store.ADDRESS) for gate in changed)


async def restore_brands(tx: Transaction, told: Sequence[Brand]) -> int:
    """Let brands be as they were told of last. Returns how many were not."""
    latest = {one.id: one for one in sorted(told, key=lambda one: one.seq)}
    known = await store.load(tx, store.BRANDS, store.brands, latest)
    changed = [one for id_, one in latest.items() if id_ not in known or known[id_].seq < one.seq]
    await store.put_brands(tx, changed)
    return len(changed)


async def tell_untold(tx: Transaction, ids: Sequence[str]) -> int:
    """Tell of records that were asked for and of which others know nothing."""
    known = await store.load(tx, store.DISPATCHES, store.dispatches, ids)
    untold = [one for one in known.values() if one.seq == 0]
    await store.save_dispatches(tx, untold)
    return len(untold)


async def settle_doubtful(tx: Transaction, lost_at: datetime, limit: int) -> int:
    """Call unknown what may have gone out with nothing told of it, at most so many. Returns how many."""
    now = await tx.now()
    found = await store.possibly_out(tx, lost_at, limit)
    await store.save_dispatches(tx, [in_doubt(one, now) for one in found])
    return len(found)
