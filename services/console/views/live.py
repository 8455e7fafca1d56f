"""News, from the store to every page that is open, as server-sent events."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

from chassis.clock import now
from chassis.logs import get_logger
from chassis.mongo import Database
from services.console import store
from services.console.domain.news import Told, Wanted, told
from services.console.store.news import Batch

log = get_logger(__name__)

WAITING = 100
"""So many batches may wait for a client that does not read; then it is dropped, and comes back by itself."""
AT_ONCE = 200


@dataclass(eq=False, slots=True)
class _Client:
    session_id: str
    wanted: Wanted
    queue: asyncio.Queue[Batch] = field(default_factory=lambda: asyncio.Queue(WAITING))
    dropped: bool = False


@dataclass(slots=True, kw_only=True)
class Hub:
    """The open streams of this process, and the one who looks for news while there are any."""

    database: Database
    poll_seconds: float
    heartbeat_seconds: float
    per_session: int
    dropped: int = field(default=0, init=False)
    _clients: set[_Client] = field(default_factory=set, init=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _at: int = field(default=0, init=False)

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    def is_full(self, session_id: str) -> bool:
        """Whether a session has as many open as it may."""
        return Counter(client.session_id for client in self._clients)[session_id] >= self.per_session

    async def stream(
        self, session_id: str, wanted: Wanted, last: int | None, stopping: asyncio.Event
    ) -> AsyncIterator[str]:
        """The events of one page until it goes, is too slow, its session ends or the process stops."""
        client = _Client(session_id, wanted)
        self._clients.add(client)
        try:
            await self._look()
            at, missed = await self._missed(last)
            yield _event("hello", at, {"at": at, "replayed": missed is not None}, first="retry: 1000\n\n")
            for batch in missed or ():
                if told_ := told(batch[1], wanted):
                    yield _changes(batch[0], told_)
            async for text in self._news(client, at, stopping):
                yield text
        finally:
            self._clients.discard(client)

    async def _news(self, client: _Client, at: int, stopping: asyncio.Event) -> AsyncIterator[str]:
        clock = asyncio.get_running_loop().time
        stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
        beat_at, got = clock() + self.heartbeat_seconds, stop
        try:
            while not client.dropped and not stop.done():
                got = asyncio.ensure_future(client.queue.get())
                patience = max(0, beat_at - clock())
                await asyncio.wait({got, stop}, timeout=patience, return_when="FIRST_COMPLETED")
                # Also where news never cease: whoever signed out hears no more of them.
                if clock() >= beat_at:
                    if not await store.sessions.lasts(self.database, client.session_id, now()):
                        return
                    beat_at = clock() + self.heartbeat_seconds
                    yield ": heartbeat\n\n"
                # Asked only now: what came during the heartbeat would be lost with a `got` that is thrown away.
                if not got.done():
                    got.cancel()
                elif got.result()[0] > at and (told_ := told(got.result()[1], client.wanted)):
                    yield _changes(got.result()[0], told_)
        finally:
            stop.cancel()
            got.cancel()

    async def _missed(self, last: int | None) -> tuple[int, list[Batch] | None]:
        """Where a page begins, and what it missed; None where that is not known any more."""
        latest = await store.news.latest(self.database)
        if last is None or last > latest:
            return latest, None
        if last == latest:
            return latest, []
        oldest = await store.news.oldest(self.database)
        if oldest is None or oldest > last + 1:
            return latest, None
        missed = await store.news.since(self.database, last, AT_ONCE)
        # What is beyond is told as it comes; too much of it is better fetched anew.
        return (missed[-1][0], missed) if len(missed) < AT_ONCE else (latest, None)

    async def _look(self) -> None:
        """See to it that somebody looks for news, from here on at the latest."""
        async with self._starting:
            if self._task is None or self._task.done():
                self._at = await store.news.latest(self.database)
                self._task = asyncio.create_task(self._keep_looking(), name="live")

    async def _keep_looking(self) -> None:
        while self._clients:
            try:
                await self._tell(await store.news.since(self.database, self._at, AT_ONCE))
            except Exception as error:  # noqa: BLE001 - pages reconnect and ask anew; this must go on
                log.warning("live.failed", error=type(error).__name__)
            await asyncio.sleep(self.poll_seconds)

    async def _tell(self, batches: list[Batch]) -> None:
        for batch in batches:
            self._at = batch[0]
            for client in [one for one in self._clients if not one.dropped]:
                try:
                    client.queue.put_nowait(batch)
                except asyncio.QueueFull:
                    client.dropped = True
                    self.dropped += 1


def _changes(at: int, found: Told) -> str:
    return _event("changes", at, {"changes": [asdict(one) for one in found.changes], "many": list(found.many)})


def _event(name: str, at: int, data: object, first: str = "") -> str:
    return f"{first}event: {name}\nid: {at}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
