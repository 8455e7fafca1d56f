"""What can be seen of work over many customers, of tags and of properties."""

import asyncio
from collections.abc import AsyncIterator

from chassis.mongo import Database
from services.profile import store
from services.profile.domain.exporting import cell
from services.profile.schemas.jobs import JobBody, JobPage, PropertyBody, PropertyList, TagBody, TagList
from services.profile.store import jobs
from services.profile.views.exports import MARK, csv_lines

MAX_TAGS = 1000


async def job(database: Database, id_: str) -> JobBody:
    """One. Raises `NotFound`."""
    return JobBody.of(await jobs.find_job(database, id_))


async def list_jobs(database: Database, *, after: str | None, limit: int) -> JobPage:
    """The newest first."""
    found = await jobs.list_jobs(database, after=after, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return JobPage(items=[JobBody.of(one) for one in found], next=following)


async def report(database: Database, id_: str) -> AsyncIterator[bytes]:
    """With whom it could not be done, and why, as CSV. Raises `NotFound`."""
    await jobs.find_job(database, id_)
    return _lines(database, id_)


async def _lines(database: Database, id_: str) -> AsyncIterator[bytes]:
    yield MARK + csv_lines([["customer_id", "code", "reason"]])
    async for fault in jobs.job_faults(database, id_):
        yield csv_lines([[cell(one) for one in (fault.customer_id, fault.code, fault.reason)]])


async def tags(database: Database, part: str | None) -> TagList:
    """Tags as somebody typed them, with how many customers have each; those with a part in their name."""
    wanted = (part or "").strip().casefold()
    customers = database.collection(store.CUSTOMERS)
    keys = sorted(key for key in await customers.distinct("tag_keys") if key and wanted in key)[:MAX_TAGS]
    return TagList(items=list(await asyncio.gather(*(_tag(database, key) for key in keys))))


async def _tag(database: Database, key: str) -> TagBody:
    customers = database.collection(store.CUSTOMERS)
    count, one = await asyncio.gather(
        customers.count_documents({"tag_keys": key}), customers.find_one({"tag_keys": key}, {"tags": 1})
    )
    labels = [label for label in (one or {}).get("tags", ()) if label.casefold() == key]
    return TagBody(tag=labels[0] if labels else key, count=count)


async def properties(database: Database) -> PropertyList:
    """The catalogue."""
    return PropertyList(items=[property_body(row) for row in await store.list_properties(database)])


def property_body(row: dict[str, object]) -> PropertyBody:
    """A property as JSON has it."""
    return PropertyBody.model_validate({**row, "name": row["_id"]})
