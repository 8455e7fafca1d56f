"""What was heard of customers, records and answers."""

from collections.abc import Iterable

from chassis.mongo import ASCENDING, Document, Transaction
from services.scheduler.domain.customer import Outcome, Survey
from services.scheduler.store.collections import ANSWERS, RECORDS
from services.scheduler.store.flat import survey_from

OF_RECORDS = tuple(name for name in Survey.__slots__ if name != "dispatch_id")


async def rows_of(tx: Transaction, name: str, ids: Iterable[str]) -> dict[str, Document]:
    """A projection's rows by id."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, {"seq": 0}, session=tx.session)
    return {row.pop("_id"): row async for row in cursor}


async def surveys_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, tuple[Survey, ...]]:
    """What became of every request to survey each customer, oldest first; of reminders, those that went out."""
    found: dict[str, list[Survey]] = {id_: [] for id_ in customer_ids}
    cursor = tx.collection(RECORDS).find({"customer_id": {"$in": list(found)}}, session=tx.session)
    async for row in cursor:
        told = row["state"] if row["outcome"] == Outcome.MISSED or row["state"] == "unknown" else ""
        survey = survey_from({name: row[name] for name in OF_RECORDS} | {"dispatch_id": row["_id"], "state": told})
        if row["reminds_of"] is None or survey.outcome is Outcome.SURVEYED:
            found[row["customer_id"]].append(survey)
    return {id_: tuple(sorted(surveys, key=lambda one: (one.at, one.dispatch_id))) for id_, surveys in found.items()}


async def last_scores_of(tx: Transaction, customer_ids: Iterable[str]) -> dict[str, int | None]:
    """The score of each customer's last answer."""
    found: dict[str, int | None] = dict.fromkeys(customer_ids)
    query = {"customer_id": {"$in": list(found)}, "counts": True}
    order = [("answered_at", ASCENDING), ("_id", ASCENDING)]
    async for row in tx.collection(ANSWERS).find(query, session=tx.session).sort(order):
        found[row["customer_id"]] = row["score"]
    return found


async def owners(tx: Transaction, name: str, ids: Iterable[str]) -> set[str]:
    """Whose records or answers these are, as far as known."""
    cursor = tx.collection(name).find({"_id": {"$in": list(ids)}}, {"customer_id": 1}, session=tx.session)
    return {row["customer_id"] async for row in cursor}
