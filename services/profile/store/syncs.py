"""Sync events that came over HTTP, call by call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sounding_contracts.integrations import CustomerSync
from sounding_contracts.topics import INTEGRATIONS_CUSTOMERS

from chassis.consumer import INBOX
from chassis.dead_letters import COLLECTION as DEAD_LETTERS
from chassis.mongo import Database, Document, Transaction
from services.profile.store.collections import SYNCS

PURPOSE = "syncs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call brought: source, id and subject of each event."""

    id: str
    at: datetime
    events: Sequence[tuple[str, str, str | None]]


async def keep_call(tx: Transaction, call: Call) -> None:
    """Remember what a call brought."""
    row = {"_id": call.id, "at": call.at, "events": [list(event) for event in call.events]}
    await tx.collection(SYNCS).insert_one(row, session=tx.session)


async def find_call(database: Database, id_: str) -> Call | None:
    """A call of the last seven days."""
    row = await database.collection(SYNCS).find_one({"_id": {"$eq": id_}})
    return Call(id=row["_id"], at=row["at"], events=[tuple(event) for event in row["events"]]) if row else None


async def applied(database: Database, call: Call) -> set[tuple[str, str]]:
    """Source and id of those events that have had their effect."""
    ids = {f"{PURPOSE}|{source}|{id_}": (source, id_) for source, id_, _ in call.events}
    cursor = database.collection(INBOX).find({"_id": {"$in": list(ids)}}, {"_id": 1})
    return {ids[row["_id"]] async for row in cursor}


async def refused(database: Database, call: Call) -> list[Document]:
    """The dead letters that may be of this call: by their subjects, since then."""
    query = {
        "purpose": PURPOSE,
        "topic": {"$regex": f"{INTEGRATIONS_CUSTOMERS.name.replace('.', '[.]')}$"},
        "subject": {"$in": list({subject for *_, subject in call.events})},
        "first_seen_at": {"$gte": call.at},
    }
    return await database.collection(DEAD_LETTERS).find(query).to_list(None)


TYPES = {CustomerSync.type: CustomerSync}
