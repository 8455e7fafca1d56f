"""Which worker has which record."""

from datetime import datetime, timedelta

from chassis.mongo import ASCENDING, Database, ReturnDocument
from services.outbox.domain.dispatch import Dispatch, Phase
from services.outbox.store.codec import dispatches
from services.outbox.store.collections import DISPATCHES


async def claim(database: Database, token: str, seconds: float) -> tuple[Dispatch, datetime] | None:
    """Take the record that has waited longest, or one that a dead worker left before the gate; and the time it is.

    Times are the database's, so that no process frees what another holds because their clocks differ.
    """
    span = int(seconds * 1000)
    until = {"$add": ["$$NOW", span]}
    taken = {"phase": str(Phase.CLAIMED), "token": {"$literal": token}, "claimed_until": until}
    for phase, due in ((Phase.QUEUED, "next_try_at"), (Phase.CLAIMED, "claimed_until")):
        document = await database.collection(DISPATCHES).find_one_and_update(
            {"phase": str(phase), "$expr": {"$lte": [f"${due}", "$$NOW"]}},
            [{"$set": taken}],
            sort=[(due, ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if document:
            found = dispatches.read(document)
            return found, document["claimed_until"] - timedelta(milliseconds=span)
    return None
