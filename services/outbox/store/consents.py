"""What was wished for, by whom and when: kept beside what holds now."""

from collections.abc import Iterable

from chassis.ids import new_id
from chassis.mongo import DESCENDING, Database, Document, Transaction
from services.outbox.domain.wishes import Wish
from services.outbox.store.collections import CONSENTS


async def add_consent(tx: Transaction, customer_id: str, wish: Wish) -> None:
    """Keep a wish that changed something."""
    said = wish.evidence
    row: Document = {
        "_id": new_id(),
        "customer_id": customer_id,
        "at": said.at,
        "wish": str(wish.what),
        "cause": said.cause,
        "actor": said.actor,
        "dispatch_id": said.dispatch_id,
        "campaign_id": wish.campaign_id or said.campaign_id,
        "brand_id": wish.brand_id,
        "until": wish.until,
        "note": said.note,
    }
    await tx.collection(CONSENTS).insert_one(row, session=tx.session)


async def forget_consents(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Of the erased nothing is kept."""
    await tx.collection(CONSENTS).delete_many({"customer_id": {"$in": list(customer_ids)}}, session=tx.session)


async def consents_of(database: Database, customer_id: str, limit: int) -> list[Document]:
    """A customer's, the newest first."""
    cursor = database.collection(CONSENTS).find({"customer_id": {"$eq": customer_id}})
    return await cursor.sort([("at", DESCENDING), ("_id", DESCENDING)]).limit(limit).to_list(None)
