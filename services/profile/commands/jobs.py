"""Work over many customers: begun, done step by step, cancelled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import Refusal
from chassis.mongo import Transaction
from services.profile import store
from services.profile.commands.customers import Author, learn_properties
from services.profile.domain.audit import Outcome, changes
from services.profile.domain.customer import Customer, Statement, hear, pinned
from services.profile.domain.finding import Order
from services.profile.domain.job import Fault, Job, Kind, cancelled, failed, stepped, waiting
from services.profile.events import facts_said
from services.profile.schemas.jobs import BulkEdit
from services.profile.store import jobs

ACTIONS = {Kind.EDIT: "bulk-edit", Kind.DELETE: "bulk-delete", Kind.RESTORE: "bulk-restore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a step is to look at, and where the next one begins."""

    ids: Sequence[str]
    cursor: str | None

    def singly(self) -> Iterator["Piece"]:
        """Piece by piece of one customer each."""
        order = Order.of("id")
        last = len(self.ids) - 1
        for place, one in enumerate(self.ids):
            yield Piece(ids=[one], cursor=self.cursor if place == last else order.mark(None, one))


async def begin_job(tx: Transaction, job: Job) -> Job:
    """Queue it. Raises `Invalid` where a property would get a value of another type."""
    await learn_properties(tx, [_statement(job)], job.created_at)
    return await jobs.put_job(tx, job)


async def cancel_job(tx: Transaction, id_: str, now: datetime) -> Job:
    """Do no step more. Raises `NotFound`, and `Conflict` where it has ended."""
    return await jobs.put_job(tx, cancelled(await jobs.get_job(tx, id_), now))


async def do_step(tx: Transaction, id_: str, holder: str, piece: Piece, now: datetime) -> Job | None:
    """Change a piece of the customers and remember how far it is, together. None where it is not ours any more."""
    job = await jobs.held_job(tx, id_, holder)
    if job is None:
        return None
    customers = store.Customers(tx)
    before = {customer.id: customer for customer in await customers.some(piece.ids)}
    after = {one: _changed(job, customer) for one, customer in before.items()}
    await customers.save(before, after.values(), now=now)
    author = Author(by=job.by, now=now, request_id=job.id)
    found = {one: changes(customer, after[one]) for one, customer in before.items()}
    for one, changed in found.items():
        if changed:
            await store.put_entry(tx, author.entry(one, ACTIONS[job.kind], changed))
    if job.forgets and piece.cursor is None:
        await store.forget_property(tx, job.forgets)
    count = sum(map(bool, found.values()))
    return await jobs.put_job(tx, stepped(job, looked_at=len(piece.ids), changed=count, cursor=piece.cursor, now=now))


async def conclude_step(
    tx: Transaction, id_: str, holder: str, piece: Piece, faults: Sequence[Fault], now: datetime
) -> None:
    """Remember what the owner did with a piece of the customers, and how far it is, together."""
    job = await jobs.held_job(tx, id_, holder)
    if job is None:
        return
    refused = {fault.customer_id: fault for fault in faults}
    author = Author(by=job.by, now=now, request_id=job.id)
    for one in piece.ids:
        entry = replace(author.entry(one, f"bulk-{job.kind}", {}), details=job.asked)
        if one in refused:
            entry = replace(entry, outcome=Outcome.REFUSED, code=refused[one].code)
        await store.put_entry(tx, entry)
    await jobs.put_job_faults(tx, id_, faults, now)
    count, done = len(piece.ids), len(piece.ids) - len(faults)
    await jobs.put_job(
        tx, stepped(job, looked_at=count, changed=done, refused=len(faults), cursor=piece.cursor, now=now)
    )


async def pass_over(tx: Transaction, id_: str, holder: str, piece: Piece, refusal: Refusal, now: datetime) -> None:
    """Go on behind a customer whom a rule stands against, and say why."""
    faults = [Fault(customer_id=one, code=refusal.code, reason=refusal.reason) for one in piece.ids]
    job = await jobs.held_job(tx, id_, holder)
    if job is not None:
        await jobs.put_job_faults(tx, id_, faults, now)
        refused = len(faults)
        await jobs.put_job(
            tx, stepped(job, looked_at=refused, changed=0, refused=refused, cursor=piece.cursor, now=now)
        )


async def let_wait(tx: Transaction, id_: str, holder: str, reason: str, now: datetime) -> None:
    """Say what it waits for."""
    job = await jobs.held_job(tx, id_, holder)
    if job is not None:
        await jobs.put_job(tx, waiting(job, reason, now))


async def fail_job(tx: Transaction, id_: str, holder: str, reason: str, now: datetime) -> None:
    """Do no step more, and say why."""
    job = await jobs.held_job(tx, id_, holder)
    if job is not None:
        await jobs.put_job(tx, failed(job, reason, now))


def _changed(job: Job, customer: Customer) -> Customer:
    """As if said when the job was asked for: what was said since, by whomever, stays."""
    statement = _statement(
        job, deleted=job.kind is Kind.DELETE or (job.kind is Kind.EDIT and customer.deleted_at is not None)
    )
    heard = hear(customer, statement)
    return pinned(heard, job.edit["pinned"]) if job.edit.get("pinned") is not None else heard


def _statement(job: Job, *, deleted: bool = False) -> Statement:
    author = Author(by=job.by, now=job.created_at, request_id=job.id)
    return (
        facts_said(BulkEdit.model_validate(job.edit), author.stamp, deleted=deleted)
        if job.edit
        else Statement(stamp=author.stamp, deleted=deleted)
    )
