"""Work in the background, and who is at it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database, Document, Transaction
from commons import leases
from services.profile.domain.job import OPEN, Fault, Job
from services.profile.store.collections import JOB_FAULTS, JOBS

_codec = TypeAdapter(Job)


async def put_job(tx: Transaction, job: Job) -> Job:
    """Store it; who is at it stays."""
    document: Document = _codec.dump_python(job)
    id_ = document.pop("id")
    document |= {"kind": str(job.kind), "state": str(job.state)}
    await tx.collection(JOBS).update_one({"_id": id_}, {"$set": document}, upsert=True, session=tx.session)
    return job


async def get_job(tx: Transaction, id_: str) -> Job:
    """One. Raises `NotFound`."""
    document = await tx.collection(JOBS).find_one({"_id": {"$eq": id_}}, session=tx.session)
    return _job(document)


async def held_job(tx: Transaction, id_: str, holder: str) -> Job | None:
    """It, where the holder still has it and it has not ended."""
    document = await leases.hold(tx, JOBS, id_, OPEN, holder)
    return _job(document) if document else None


async def find_job(database: Database, id_: str) -> Job:
    """One, outside a transaction. Raises `NotFound`."""
    return _job(await database.collection(JOBS).find_one({"_id": {"$eq": id_}}))


async def list_jobs(database: Database, *, after: str | None, limit: int) -> list[Job]:
    """The newest first."""
    query: dict[str, Any] = {"_id": {"$lt": after}} if after else {}
    cursor = database.collection(JOBS).find(query).sort("_id", DESCENDING).limit(limit)
    return [_job(document) async for document in cursor]


async def take_job(database: Database, holder: str, seconds: float) -> Job | None:
    """The oldest open job that nobody is at, or that we are; ours for so many seconds."""
    document = await leases.take(database, JOBS, OPEN, holder, seconds)
    return _job(document) if document else None


async def put_job_faults(tx: Transaction, id_: str, faults: Sequence[Fault], at: datetime) -> None:
    """Keep with whom it could not be done."""
    rows = [{"_id": f"{id_}:{fault.customer_id}", "job_id": id_, "at": at, **asdict(fault)} for fault in faults]
    if rows:
        await tx.collection(JOB_FAULTS).insert_many(rows, session=tx.session)


async def job_faults(database: Database, id_: str) -> AsyncIterator[Fault]:
    """With whom it could not be done, by customer."""
    async for row in database.collection(JOB_FAULTS).find({"job_id": {"$eq": id_}}).sort("_id", ASCENDING):
        yield Fault(customer_id=row["customer_id"], code=row["code"], reason=row["reason"])


def _job(document: Document | None) -> Job:
    if document is None:
        code, reason = "job-not-found", "There is no job with this id."
        raise NotFound(code, reason)
    return _codec.validate_python({**document, "id": document["_id"]})
