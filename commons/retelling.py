"""What a service has told of its state, told again from its database: for readers that begin on a topic which was lost.

Each event goes out as it did last, under the same id and `seq`: who has it passes it over, who begins anew has all.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sounding_contracts.topics import Topic

from chassis import pending
from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import ASCENDING, Collection, Database, Document, Transaction
from chassis.pending import Outgoing
from chassis.relay import Lease

BATCH = 500
MOST_WAITING = 5_000
"""So many events may wait to be published: more are not told before the relay has caught up."""
PAUSE_SECONDS, PATIENCE_SECONDS, LEASE_SECONDS = 0.2, 60.0, 60.0
PLACES, MARK = "retelling", "retold"
Told = Callable[[str, int, int], None]
"""Called with a step, how far it is, and how much there is to do."""
Events = Callable[[Sequence[Document], datetime], Iterable[Outgoing]]
"""The events that told of these documents last; a moment for what of them was not kept."""


class RetellError(Exception):
    """It cannot go on; the text says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Source:
    """A collection that a topic tells of: which of its documents, and the events that they are."""

    collection: str
    events: Events
    query: Document = field(default_factory=dict)


Sources = Mapping[Topic, Sequence[Source]]
"""What a service can tell again. Of a topic first who is gone, so that nobody's end comes behind a later beginning."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was told: subjects with their state, and those that are no more."""

    topic: str
    told: int = 0
    gone: int = 0
    seconds: float = 0.0


class Retelling:
    """Tells one topic again, beside the running service, whose relay publishes it."""

    def __init__(self, database: Database, topic: Topic, sources: Sequence[Source], told: Told | None = None) -> None:
        self._database, self._topic, self._sources = database, topic, sources
        self._told: Told = told or (lambda *_: None)
        self._lease = Lease(database, f"{topic.name}.{PLACES}", LEASE_SECONDS)
        self._places = database.collection(PLACES)
        self._outcome = Outcome(topic=topic.name)
        self._done = self._total = 0

    async def stopped_at(self) -> int | None:
        """How many subjects a run had told that did not come to its end; None where there is none."""
        place = await self._places.find_one({"_id": self._topic.name})
        return place["told"] + place["gone"] if place else None

    async def run(self, *, resume: bool = False) -> Outcome:
        """Tell all, or with `resume` what an earlier run has left; returns once it is published.

        Raises `Conflict` where another run is at work, `RetellError` where nothing is published any more.
        """
        if not await self._lease.acquire():
            code, reason = "retell-running", f"{self._topic.name} is being told again already"
            raise Conflict(code, reason)
        began = time.monotonic()
        try:
            await self._database.ensure_indexes({PLACES: (), pending.COLLECTION: ()})
            await self._tell_all(await self._begin(resume=resume))
            await self._published()
            await self._places.delete_one({"_id": self._topic.name})
        finally:
            await self._lease.release()
        self._outcome.seconds = round(time.monotonic() - began, 1)
        return self._outcome

    async def _begin(self, *, resume: bool) -> Document:
        place = await self._places.find_one({"_id": self._topic.name}) if resume else None
        place = place or {"source": 0, "after": None, "told": 0, "gone": 0}
        self._outcome.told, self._outcome.gone = place["told"], place["gone"]
        self._done = place["told"] + place["gone"]
        for source in self._sources:
            self._total += await self._rows(source).count_documents(source.query)
        return place

    async def _tell_all(self, place: Document) -> None:
        for number, source in list(enumerate(self._sources))[place["source"] :]:
            after = place["after"] if number == place["source"] else None
            async for ids in _ids(self._rows(source), source.query, after):
                await self._lease.keep()
                await self._wait(self._is_full)
                told, gone = await self._database.transact(partial(self._tell, number, ids))
                self._outcome.told, self._outcome.gone = self._outcome.told + told, self._outcome.gone + gone
                self._done += len(ids)
                self._told("telling", self._done, self._total)

    async def _tell(self, number: int, ids: list[str], tx: Transaction) -> tuple[int, int]:
        source = self._sources[number]
        documents = await self._held(tx.collection(source.collection), _with(source.query, {"$in": ids}), tx)
        events = list(source.events(documents, await tx.now()))
        await tx.publish(self._topic, await self._not_waiting(tx, events))
        gone = sum(event.data is None for event in events)
        told = len(events) - gone
        place = {"source": number, "after": ids[-1]}
        sums = {"told": self._outcome.told + told, "gone": self._outcome.gone + gone}
        one = {"_id": self._topic.name}
        await tx.collection(PLACES).replace_one(one, {**place, **sums}, upsert=True, session=tx.session)
        return told, gone

    async def _held(self, rows: Collection, query: Document, tx: Transaction) -> list[Document]:
        """Documents as they are, and stay until the commit.

        Only to read them would let an older event out behind a newer one: a change beside us would not be in our way,
        and its event published before ours. So each is written, and left as it was.
        """
        await rows.update_many(query, {"$set": {MARK: new_id()}}, session=tx.session)
        await rows.update_many(query, {"$unset": {MARK: ""}}, session=tx.session)
        return await rows.find(query, session=tx.session).to_list(None)

    async def _not_waiting(self, tx: Transaction, events: Sequence[Outgoing]) -> list[Outgoing]:
        """Without those that wait to be published anyway."""
        by_row = {pending.row_id(self._topic, event): event for event in events}
        rows = tx.collection(pending.COLLECTION).find({"_id": {"$in": list(by_row)}}, {"_id": 1}, session=tx.session)
        known = {row["_id"] async for row in rows}
        return [event for id_, event in by_row.items() if id_ not in known]

    async def _published(self) -> None:
        """What was told waits no more: who rebuilds from the topic then has all of it."""
        until = await self._database.now()
        self._told("publishing", self._done, self._total)

        async def waits() -> int:
            query = {"topic": self._topic.name, "at": {"$lte": until}}
            return await self._database.collection(pending.COLLECTION).count_documents(query)

        await self._wait(waits)

    async def _is_full(self) -> int:
        waiting: int = await self._database.collection(pending.COLLECTION).estimated_document_count()
        return waiting if waiting > MOST_WAITING else 0

    async def _wait(self, some: Callable[[], Awaitable[int]]) -> None:
        """Until it is none. Raises `RetellError` where it stays as it is for a minute."""
        last, since = 0, time.monotonic()
        while waiting := await some():
            if waiting != last:
                last, since = waiting, time.monotonic()
            if time.monotonic() - since > PATIENCE_SECONDS:
                msg = f"{waiting:,} events wait to be published and none goes out: does the service run, and Kafka?"
                raise RetellError(msg)
            await self._lease.keep()
            await asyncio.sleep(PAUSE_SECONDS)

    def _rows(self, source: Source) -> Collection:
        return self._database.collection(source.collection)


async def _ids(rows: Collection, query: Document, after: str | None) -> AsyncIterator[list[str]]:
    """All ids, in pages."""
    while True:
        left = query if after is None else _with(query, {"$gt": after})
        page = await rows.find(left, {"_id": 1}).sort("_id", ASCENDING).limit(BATCH).to_list(None)
        if not page:
            return
        yield [row["_id"] for row in page]
        after = page[-1]["_id"]


def _with(query: Document, ids: Document) -> Document:
    return {"$and": [query, {"_id": ids}]}
