"""Lists of suppressed mailboxes, taken in from other tools. They only ever add a no."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.mongo import Database, Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_id
from services.outbox.domain import deliverability as rules
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.suppression_list import Entry

AT_ONCE, FAULTS_SHOWN = 500, 100
CAUSE = "import"


@dataclass(slots=True)
class Report:
    """What came of a list."""

    read: int = 0
    added: int = 0
    known: int = 0
    refused: int = 0
    faults: list[Entry] = field(default_factory=list)


async def import_suppressions(database: Database, entries: Sequence[Entry], secret: str, now: datetime) -> Report:
    """Suppress every mailbox of a list; lines at fault are told of and harm none but themselves."""
    report = Report(read=len(entries))
    good = [entry for entry in entries if entry.fault is None]
    bad = [entry for entry in entries if entry.fault is not None]
    report.refused, report.faults = len(bad), bad[:FAULTS_SHOWN]
    for start in range(0, len(good), AT_ONCE):
        batch = good[start : start + AT_ONCE]

        async def suppress(tx: Transaction, batch: Sequence[Entry] = batch) -> tuple[int, int]:
            return await _suppress(tx, batch, secret, now)

        added, known = await database.transact(suppress)
        report.added, report.known = report.added + added, report.known + known
    return report


async def _suppress(tx: Transaction, batch: Sequence[Entry], secret: str, now: datetime) -> tuple[int, int]:
    """How many mailboxes had not said no before, and how many had."""
    mailboxes = {entry.mailbox for entry in batch if entry.mailbox}
    ids = {address_id(one, secret) for one in mailboxes} | {store.ADDRESS + entry.hash for entry in batch if entry.hash}
    people = await store.reached_at(tx, mailboxes)
    gates = await store.load(tx, store.GATES, store.gates, ids | {one.id for one in people})
    no = Evidence(at=now, cause=CAUSE)
    fresh = [id_ for id_ in sorted(ids) if id_ not in gates or gates[id_].opted_out is None]
    after = [rules.opted_out(gates.get(id_, Gate(id=id_)), no) for id_ in fresh]
    after += [rules.opted_out(gates.get(one.id, Gate(id=one.id)), no) for one in people]
    await store.save_gates(tx, gates, after, now)
    return len(fresh), len(ids) - len(fresh)
