"""A page that listens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.waiting import PATIENCE_SECONDS, eventually

Told = tuple[str, int | None, Any]


class Page:
    """What a page has been told, as event, id and data."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.beats = 0
        self.ended = False

    def changes(self) -> list[dict[str, Any]]:
        """All changes, one by one."""
        return [one for name, _, data in self.told if name == "changes" for one in data["changes"]]

    async def hears(self, stream: str, id_: str, within: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The change of a thing, once it was told."""
        return await eventually(
            lambda: next((one for one in self.changes() if (one["stream"], one["id"]) == (stream, id_)), {}), within
        )

    async def read(self, answer: httpx.Response) -> None:
        """Take in what comes until it ends."""
        name, at = "", None
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if line.startswith(":"):
                self.beats += 1
            elif field == "event":
                name = value
            elif field == "id":
                at = int(value)
            elif field == "data":
                self.told.append((name, at, json.loads(value)))
        self.ended = True


@asynccontextmanager
async def listening(client: httpx.AsyncClient, query: str = "", last: int | None = None) -> AsyncIterator[Page]:
    """A page that listens until the block ends."""
    page, headers = Page(), {} if last is None else {"Last-Event-ID": str(last)}
    async with client.stream("GET", f"/api/live{query}", headers=headers, timeout=30) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        task = asyncio.create_task(page.read(answer))
        await eventually(lambda: page.told)
        yield page
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
