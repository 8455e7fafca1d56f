"""Somebody who is told by webhook: a small HTTP server that answers as it is told to, and remembers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Receiver:
    """`replies` are used up one by one; after that it answers 200. While `holding` is not set it does not answer."""

    port: int = 0
    replies: list[str] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    holding: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"

    @property
    def told(self) -> list[tuple[str, int]]:
        """Of whom what score, in the order in which it was heard."""
        return [(one["body"]["data"]["customer_id"], one["body"]["data"]["score"]) for one in self.heard]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [text.partition(": ") for text in head.split("\r\n")[1:] if text]
            headers = {name.lower(): value for name, _, value in lines}
            raw = await reader.readexactly(int(headers["content-length"]))
            self.heard.append({"headers": headers, "raw": raw, "body": json.loads(raw)})
            await self.holding.wait()
            reply = self.replies.pop(0) if self.replies else "200 OK"
            writer.write(f"HTTP/1.1 {reply}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving(*replies: str) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    made = Receiver(replies=list(replies))
    made.holding.set()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
