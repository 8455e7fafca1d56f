"""How many each capped campaign has asked for on a day: what is written by every claim of it, so that one comes first."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from chassis.mongo import ReplaceOne, Transaction
from services.scheduler.domain.cap import CapDay
from services.scheduler.store.collections import CAP_DAYS


async def cap_days(tx: Transaction, campaign_ids: Collection[str], day: date) -> dict[str, CapDay]:
    """The day of each campaign so far."""
    if not campaign_ids:
        return {}
    days = {id_: CapDay(campaign_id=id_, day=day) for id_ in campaign_ids}
    query = {"_id": {"$in": [one.id for one in days.values()]}}
    async for row in tx.collection(CAP_DAYS).find(query, session=tx.session):
        id_ = row["campaign_id"]
        days[id_] = CapDay(campaign_id=id_, day=day, sent=row["sent"], turned=row["turned"])
    return days


async def put_cap_days(tx: Transaction, days: Iterable[CapDay], now: datetime) -> None:
    """Keep them; they go by themselves after a week."""
    writes = [
        ReplaceOne(
            {"_id": one.id},
            {"campaign_id": one.campaign_id, "sent": one.sent, "turned": one.turned, "changed_at": now},
            upsert=True,
        )
        for one in days
    ]
    if writes:
        await tx.collection(CAP_DAYS).bulk_write(writes, session=tx.session)
