"""Opens and clicks, and what they make of a record."""

from dataclasses import replace
from datetime import datetime

from chassis.mongo import Database, Transaction
from services.outbox import store
from services.outbox.domain import dispatch as records
from services.outbox.domain import opens
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.opens import Touch


async def touch(tx: Transaction, seen: Touch, now: datetime) -> None:
    """Keep a fetch of a mail's pixel or link, and judge all there were of that mail."""
    found = await _touched(tx, seen.dispatch_id)
    if found is None:
        return
    dispatch, known = found
    if len(known) < opens.KEPT_PER_MAIL:
        await _judge(tx, dispatch, known, [*known, replace(seen, customer_id=dispatch.customer_id)], now)


async def judge_again(tx: Transaction, dispatch_id: str, now: datetime) -> bool:
    """Judge what was fetched of a mail by the rules of today; whether that changed its record."""
    found = await _touched(tx, dispatch_id)
    return found is not None and await _judge(tx, *found, found[1], now)


async def judge_page(database: Database, after: str, limit: int) -> tuple[int, int, str | None]:
    """Judge anew the next records of which something was fetched: how many there were and changed, and the last."""
    ids = await store.touched_after(database, after, limit)
    changed = 0
    for id_ in ids:

        async def judge(tx: Transaction, id_: str = id_) -> bool:
            return await judge_again(tx, id_, await tx.now())

        changed += await database.transact(judge)
    return len(ids), changed, ids[-1] if ids else None


async def _touched(tx: Transaction, dispatch_id: str) -> tuple[Dispatch, list[Touch]] | None:
    found = (await store.load(tx, store.DISPATCHES, store.dispatches, [dispatch_id])).get(dispatch_id)
    if found is None or found.erased:
        return None
    return found, await store.touches_of(tx, found)


async def _judge(tx: Transaction, dispatch: Dispatch, known: list[Touch], all_: list[Touch], now: datetime) -> bool:
    judged = opens.judged(all_, dispatch.sent_at or dispatch.committed_at)
    before = {one.id: one for one in known}
    await store.save_touches(tx, [one for one in judged if one != before.get(one.id)])
    after = records.touched(dispatch, *opens.by_person(judged), now)
    if after != dispatch:
        await store.save_dispatches(tx, [after])
    return after != dispatch
