"""The next reminder of each round, and what is known of rounds."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis.mongo import ASCENDING, Database, Document, ReplaceOne, Transaction
from services.scheduler.domain.campaign import Campaign
from services.scheduler.domain.customer import Outcome
from services.scheduler.domain.reminding import Plan, Sent
from services.scheduler.store.campaigns import campaign_from
from services.scheduler.store.collections import ANSWERS, CAMPAIGNS, OCCURRENCES, RECORDS, REMINDERS

GOING_ON = ("active", "paused")


async def reminding_campaigns(tx: Transaction) -> dict[str, Campaign]:
    """The campaigns that remind."""
    query = {"state": {"$in": GOING_ON}, "reminders.0": {"$exists": True}}
    cursor = tx.collection(CAMPAIGNS).find(query, session=tx.session)
    return {row["_id"]: campaign_from(row) async for row in cursor}


async def rounds_of(
    tx: Transaction, customer_ids: Iterable[str], campaign_ids: Iterable[str]
) -> dict[str, tuple[Document, list[Sent]]]:
    """By the dispatch of its survey, each round: the survey's record, and all that was sent in it by number."""
    query = {"customer_id": {"$in": list(customer_ids)}, "campaign_id": {"$in": list(campaign_ids)}}
    firsts: dict[str, Document] = {}
    sent: dict[str, list[Sent]] = defaultdict(list)
    async for row in tx.collection(RECORDS).find(query, session=tx.session):
        if row["reminds_of"] is None:
            firsts[row["_id"]] = row
        sent[row["reminds_of"] or row["_id"]].append(_sent_from(row))
    return {id_: (row, sorted(sent[id_], key=lambda one: one.number)) for id_, row in firsts.items()}


def _sent_from(row: Document) -> Sent:
    return Sent(
        dispatch_id=row["_id"],
        number=row["reminder_number"] or 0,
        outcome=Outcome(row["outcome"]),
        at=row["at"],
        state=row["state"],
        opened=row["opened"],
        answered=row["answered"],
    )


async def answered(tx: Transaction, customer_ids: Iterable[str]) -> set[str]:
    """The dispatches that these customers have answered, sent off or not."""
    query = {"customer_id": {"$in": list(customer_ids)}}
    cursor = tx.collection(ANSWERS).find(query, {"dispatch_id": 1}, session=tx.session)
    return {row["dispatch_id"] async for row in cursor if row.get("dispatch_id")}


async def cycles_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, int]:
    """Which round each dispatch of these customers began."""
    query = {"customer_id": {"$in": list(customer_ids)}}
    cursor = tx.collection(OCCURRENCES).find(query, {"dispatch_id": 1, "cycle": 1}, session=tx.session)
    return {row["dispatch_id"]: row["cycle"] async for row in cursor}


async def plans(tx: Transaction, dispatch_ids: Iterable[str]) -> dict[str, Plan]:
    """What is planned for these rounds."""
    cursor = tx.collection(REMINDERS).find({"_id": {"$in": list(dispatch_ids)}}, session=tx.session)
    return {row["_id"]: plan_from(row) async for row in cursor}


def plan_from(row: Document) -> Plan:
    """A stored plan."""
    values: Document = {name: row.get(name) for name in Plan.__slots__}
    return Plan(**{**values, "dispatch_id": row["_id"]})


async def put_plans(tx: Transaction, changed: Sequence[Plan]) -> None:
    """Store plans; `due_at` only where there is a date, which keeps its index small."""
    if changed:
        writes = [ReplaceOne({"_id": one.dispatch_id}, _document_of(one), upsert=True) for one in changed]
        await tx.collection(REMINDERS).bulk_write(writes, session=tx.session)


def _document_of(plan: Plan) -> Document:
    document: Document = {name: getattr(plan, name) for name in plan.__slots__ if name != "dispatch_id"}
    if plan.due_at is None:
        del document["due_at"]
    return document


async def due_reminder_ids(database: Database, now: datetime, limit: int) -> list[str]:
    """Rounds whose next reminder is to be looked at, earliest first."""
    cursor = database.collection(REMINDERS).find({"due_at": {"$lte": now}}, {"_id": 1})
    return [row["_id"] async for row in cursor.sort("due_at", ASCENDING).limit(limit)]


async def forget_reminders(tx: Transaction, customer_ids: Sequence[str]) -> None:
    """Remove what is planned for customers who were erased."""
    await tx.collection(REMINDERS).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)
