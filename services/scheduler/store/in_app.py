"""What was shown in the app to whom."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis.mongo import ReplaceOne, Transaction
from services.scheduler.domain.in_app import Shown
from services.scheduler.domain.reminding import Plan
from services.scheduler.store.collections import ANSWERS, CUSTOMERS, IN_APP, PROFILES, REMINDERS
from services.scheduler.store.reading import Reader
from services.scheduler.store.reminders import plan_from


async def customer_of_user(reader: Reader, source: str, user_id: str) -> str | None:
    """The customer whose id in the app's source this is, else whose own id."""
    found = await reader.collection(PROFILES).find_one(
        {"keys": {"$eq": f"{source}|{user_id}"}}, {"_id": 1}, session=reader.session
    )
    found = found or await reader.collection(CUSTOMERS).find_one(
        {"_id": {"$eq": user_id}}, {"_id": 1}, session=reader.session
    )
    return str(found["_id"]) if found else None


async def shown_to(reader: Reader, customer_id: str) -> dict[str, Shown]:
    """What was shown to a customer, by campaign."""
    cursor = reader.collection(IN_APP).find({"customer_id": {"$eq": customer_id}}, {"_id": 0}, session=reader.session)
    return {row["campaign_id"]: Shown(**row) async for row in cursor}


async def answers_of(reader: Reader, customer_id: str) -> dict[str, datetime]:
    """When each dispatch of a customer was answered."""
    cursor = reader.collection(ANSWERS).find({"customer_id": {"$eq": customer_id}}, session=reader.session)
    return {row["dispatch_id"]: row["answered_at"] async for row in cursor if row.get("dispatch_id")}


async def offered_to(reader: Reader, customer_id: str, now: datetime) -> list[Plan]:
    """Reminders that wait for a customer in the app."""
    query = {"customer_id": {"$eq": customer_id}, "offered_until": {"$gt": now}}
    cursor = reader.collection(REMINDERS).find(query, session=reader.session)
    return [plan_from(row) async for row in cursor]


async def put_shown(tx: Transaction, rows: Sequence[Shown]) -> None:
    """Store what was shown."""
    writes = [
        ReplaceOne({"_id": one.id}, {name: getattr(one, name) for name in one.__slots__}, upsert=True) for one in rows
    ]
    if writes:
        await tx.collection(IN_APP).bulk_write(writes, session=tx.session)


async def forget_shown(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Remove what was shown to customers who were erased."""
    await tx.collection(IN_APP).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
