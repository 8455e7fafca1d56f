"""What is written where a database from a backup is brought up to what was told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chassis.mongo import Database, ReplaceOne, Transaction, UpdateOne, Write
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import WAITING, Dispatch, Phase
from services.outbox.domain.mail import Brand
from services.outbox.store.codec import brands, dispatches, gates
from services.outbox.store.collections import BRANDS, DISPATCHES, GATES


async def put_gates(tx: Transaction, changed: Iterable[Gate]) -> None:
    """Store gates as they are; others know of them."""
    writes: list[Write] = [ReplaceOne({"_id": gate.id}, gates.write(gate), upsert=True) for gate in changed]
    if writes:
        await tx.collection(GATES).bulk_write(writes, session=tx.session)


async def put_brands(tx: Transaction, changed: Sequence[Brand]) -> None:
    """Store brands as they are; others know of them."""
    writes: list[Write] = [ReplaceOne({"_id": one.id}, brands.write(one), upsert=True) for one in changed]
    if writes:
        await tx.collection(BRANDS).bulk_write(writes, session=tx.session)


async def mark_waves(tx: Transaction, waves: Mapping[str, str]) -> None:
    """Give these records these waves."""
    writes: list[Write] = [UpdateOne({"_id": id_}, {"$set": {"wave": wave}}) for wave, id_ in waves.items()]
    if writes:
        await tx.collection(DISPATCHES).bulk_write(writes, session=tx.session)


async def untold(database: Database) -> list[str]:
    """Records of which nobody was ever told."""
    return [row["_id"] async for row in database.collection(DISPATCHES).find({"seq": 0}, {"_id": 1})]


async def possibly_out(tx: Transaction, lost_at: datetime, limit: int) -> list[Dispatch]:
    """Mails that were let out, and those that could have been until then, of which nothing is known."""
    rows = tx.collection(DISPATCHES)
    waiting = {"phase": {"$in": [str(phase) for phase in WAITING]}, "next_try_at": {"$lte": lost_at}}
    found = await rows.find(waiting, session=tx.session).limit(limit).to_list(None)
    if not found:
        found = await rows.find({"phase": str(Phase.COMMITTED)}, session=tx.session).limit(limit).to_list(None)
    return [dispatches.read(row) for row in found]


async def forget_told(tx: Transaction, topic: str, told: Mapping[str, int]) -> int:
    """Remove events that wait to be published and are on their stream already, themselves or what came after them."""
    rows, gone = tx.collection("_pending"), 0
    waiting = rows.find({"topic": topic, "subject": {"$in": list(told)}}, {"subject": 1, "seq": 1}, session=tx.session)
    old = [row["_id"] for row in await waiting.to_list(None) if row["seq"] <= told[row["subject"]]]
    if old:
        gone = (await rows.delete_many({"_id": {"$in": old}}, session=tx.session)).deleted_count
    return gone
