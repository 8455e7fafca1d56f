"""Amazon SES and Postmark as they answer over HTTP, on a port of the test's own; they do as they are told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

CUT, HANG = "closes the connection", "says nothing"
SES_OK = (200, {"MessageId": "0100018f-aa-000000"})
POSTMARK_OK = (
    200,
    {
        "To": "ada@example.com",
        "SubmittedAt": "2026-11-26T02:00:00Z",
        "MessageID": "pm-1",
        "ErrorCode": 0,
        "Message": "OK",
    },
)


@dataclass(frozen=True)
class Asked:
    """A request that came whole."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """Its port, what it was asked, and what it is to answer."""

    usual: tuple[int, Any]
    port: int = 0
    connections: int = 0
    asked: list[Asked] = field(default_factory=list)
    started: int = 0
    answers: deque[Any] = field(default_factory=deque)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.started += 1
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append(Asked(head[0].split()[1], headers, body))
        answer = self.answers.popleft() if self.answers else self.usual
        if answer == CUT:
            return False
        if answer == HANG:
            await reader.read()
            return False
        status, said, *more = answer
        content = json.dumps(said).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in (more[0] if more else {}).items())
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{lines}\r\n".encode() + content)
        await writer.drain()
        return True


@asynccontextmanager
async def provider(usual: tuple[int, Any]) -> AsyncIterator[Provider]:
    """A running one."""
    made = Provider(usual)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
