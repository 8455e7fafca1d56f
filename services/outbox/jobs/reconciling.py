"""Brings a database from a backup up to what outbox told others before it was lost, and to what others have told it since."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sounding_contracts import topics
from sounding_contracts.envelope import DecodeError, Event, decode
from sounding_contracts.topics import Topic

from chassis.clock import now
from chassis.consumer import Consumer
from chassis.mongo import Database, Transaction
from chassis.rebuild import Told, committed_records
from chassis.settings import ChassisSettings
from chassis.streams import Router, Subscription
from services.outbox import commands, store
from services.outbox.events.restoring import brand_told, record_told, standing_told

AT_ONCE = 500
REASON = "the database is brought up to what was sent"
Restore = Callable[[Transaction, Sequence[Event[Any]]], Awaitable[int]]


@dataclass(slots=True, kw_only=True)
class Report:
    """What was not as it had been told, and what nobody can know."""

    records: int = 0
    customers: int = 0
    brands: int = 0
    asked_for: int = 0
    unknown: int = 0


class Reconciliation:
    """Freezes sending, brings everything up to the streams, and lets sending go on. Used once; may be killed and begun again."""

    def __init__(
        self, database: Database, settings: ChassisSettings, streams: Router, secret: str, told: Told | None = None
    ) -> None:
        self._database, self._settings, self._secret = database, settings, secret
        self._told: Told = told or (lambda *_: None)
        self._streams = {one.topic: one for one in streams.subscriptions}

    async def run(self, actor: str, lost_at: datetime | None = None) -> Report:
        """`lost_at`: when the database was lost; what was due by then and is known as not sent may have gone out. None: now."""
        try:
            return await self._run(actor, lost_at)
        finally:
            self._database.close()

    async def _run(self, actor: str, lost_at: datetime | None) -> Report:
        frozen_at = await self._database.transact(lambda tx: commands.freeze(tx, actor, REASON))
        # What was asked for comes first, for what a request says and no record tells; nobody is told of it yet.
        await self._replay(self._silent(topics.SCHEDULER_DISPATCH_REQUESTS))
        report = Report(
            customers=await self._restore(topics.OUTBOX_DELIVERABILITY, self._standings),
            records=await self._restore(topics.OUTBOX_DISPATCHES, self._records),
            brands=await self._restore(topics.OUTBOX_BRANDS, self._brands),
        )
        for topic in (topics.SCHEDULER_CAMPAIGNS, topics.PROFILE_CUSTOMERS, topics.FEEDBACK_RESPONSES):
            await self._replay(self._streams[topic])
        report.unknown = await self._settle(min(lost_at or frozen_at, frozen_at))
        report.asked_for = await self._tell_untold()
        note = f"reconciled: {report.records} records, {report.customers} customers, {report.unknown} unknown"
        await self._database.transact(lambda tx: commands.release(tx, actor, note))
        return report

    def _silent(self, topic: Topic) -> Subscription:
        async def begin(events: Sequence[Event[Any]], tx: Transaction) -> None:
            await commands.begin(tx, events, now(), tell=False)

        return replace(self._streams[topic], handler=begin)

    async def _replay(self, subscription: Subscription) -> None:
        """All of a stream once more: what the database knows of it, it knows from its inbox."""
        consumer = Consumer(subscription, self._database)
        async for batch in committed_records(self._settings, subscription.topic.name, self._told):
            await consumer.consume(batch)

    async def _restore(self, topic: Topic, restore: Restore) -> int:
        changed, types = 0, {payload.type: payload for payload in topic.types}
        async for batch in committed_records(self._settings, topic.name, self._told):
            events = [event for record in batch if (event := _read(record, types)) is not None]
            changed += await self._database.transact(partial(self._in, topic, events, restore))
        return changed

    async def _in(self, topic: Topic, events: Sequence[Event[Any]], restore: Restore, tx: Transaction) -> int:
        """In one go with what waits to be published: that was, before the database was lost, and must not come after it."""
        told: dict[str, int] = {}
        for event in events:
            told[str(event.subject)] = max(told.get(str(event.subject), 0), event.seq or 0)
        await store.forget_told(tx, topic.name, told)
        return await restore(tx, events)

    async def _records(self, tx: Transaction, events: Sequence[Event[Any]]) -> int:
        told = [record for event in events if (record := record_told(event)) is not None]
        return await commands.restore_records(tx, told, self._secret)

    async def _standings(self, tx: Transaction, events: Sequence[Event[Any]]) -> int:
        told = [one for event in events if (one := standing_told(event)) is not None]
        return await commands.restore_standings(tx, told, self._secret)

    async def _brands(self, tx: Transaction, events: Sequence[Event[Any]]) -> int:
        return await commands.restore_brands(tx, [one for event in events if (one := brand_told(event)) is not None])

    async def _settle(self, lost_at: datetime) -> int:
        total = 0
        while found := await self._database.transact(lambda tx: commands.settle_doubtful(tx, lost_at, AT_ONCE)):
            total += found
        return total

    async def _tell_untold(self) -> int:
        ids = await store.untold(self._database)
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            await self._database.transact(partial(commands.tell_untold, ids=some))
        return len(ids)


def _read(record: Any, types: Any) -> Event[Any] | None:
    try:
        return decode(record.value, record.headers, types, key=record.key)
    except DecodeError:
        return None
