"""Mailboxes that are never to be mailed, whoever is reached there."""

from collections.abc import AsyncIterator, Iterable

from chassis.mongo import ASCENDING, Database, Document, Transaction
from services.outbox.domain.mail import Recipient
from services.outbox.store.codec import recipients
from services.outbox.store.collections import ADDRESS, GATES, RECIPIENTS


async def reached_at(tx: Transaction, mailboxes: Iterable[str]) -> list[Recipient]:
    """The customers who have one of these addresses."""
    query = {"canonical_email": {"$in": list(mailboxes)}}
    found = await tx.collection(RECIPIENTS).find(query, session=tx.session).to_list(None)
    return [recipients.read(row) for row in found]


async def suppressed(database: Database) -> AsyncIterator[Document]:
    """Every mailbox that said no: its hash, when and how."""
    query = {"_id": {"$gte": ADDRESS, "$lt": ADDRESS + "~"}, "opted_out": {"$ne": None}}
    cursor = database.collection(GATES).find(query, {"opted_out": 1}).sort("_id", ASCENDING)
    async for row in cursor:
        said = row["opted_out"]
        yield {"hash": row["_id"].removeprefix(ADDRESS), "since": said["at"].isoformat(), "cause": said["cause"]}
