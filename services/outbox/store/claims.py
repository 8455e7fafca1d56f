"""Which worker has which record."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.mongo import ASCENDING, Database
from services.outbox.domain.dispatch import Dispatch, Phase
from services.outbox.store.codec import dispatches
from services.outbox.store.collections import DISPATCHES

SLICES, LOST_CLAIMS = 4, 3
"""How many batches a claim looks at, to take one of them at random: so that processes do not all want the same."""


async def claim(database: Database, token: str, seconds: float, limit: int = 1) -> tuple[list[Dispatch], datetime]:
    """Take records that have waited longest, or that a dead worker left before the gate; and the time it is.

    Times are the database's, so that no process frees what another holds because their clocks differ.
    """
    span = int(seconds * 1000)
    taken = {
        "phase": str(Phase.CLAIMED),
        "token": {"$literal": token},
        "claimed_until": {"$add": ["$$NOW", span]},
    }
    rows = database.collection(DISPATCHES)
    for phase, due in ((Phase.QUEUED, "next_try_at"), (Phase.CLAIMED, "claimed_until")):
        is_due = {"phase": str(phase), "$expr": {"$lte": [f"${due}", "$$NOW"]}}
        for _ in range(LOST_CLAIMS):
            seen = await rows.find(is_due, {"_id": 1}).sort(due, ASCENDING).limit(limit * SLICES).to_list(None)
            chosen = _slice([document["_id"] for document in seen], limit)
            if not chosen:
                break
            await rows.update_many({"_id": {"$in": chosen}, **is_due}, [{"$set": taken}])
            found = await rows.find({"_id": {"$in": chosen}, "token": token}).to_list(None)
            if found:
                at: datetime = found[0]["claimed_until"] - timedelta(milliseconds=span)
                return [dispatches.read(document) for document in found], at
    return [], await database.now()


def _slice(ids: list[str], limit: int) -> list[str]:
    """One batch of those seen: each slice as likely as another, but a single record is the one that waited longest."""
    if limit == 1:
        return ids[:1]
    number = random.randrange(max(1, -(-len(ids) // limit)))  # noqa: S311 - to be apart, not to be secret
    return ids[number * limit : (number + 1) * limit]


async def release(database: Database, token: str, ids: Sequence[str]) -> None:
    """Let others take what this claim did not come to; nothing has been tried of it."""
    back = {"phase": str(Phase.QUEUED), "token": None, "claimed_until": None}
    query = {"_id": {"$in": list(ids)}, "phase": str(Phase.CLAIMED), "token": token}
    await database.collection(DISPATCHES).update_many(query, {"$set": back})
