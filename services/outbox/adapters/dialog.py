"""Lines to a mail server and its replies: several may be under way at once (RFC 2920), none is mistaken for another's."""

import asyncio
from collections import deque
from dataclasses import dataclass

MAX_REPLY = 64_000


class BrokenOffError(OSError):
    """The connection is gone, or what came over it was no reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said."""

    code: int
    text: str


class Dialog(asyncio.Protocol):
    """Takes over a connection once the greeting is done."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[Reply] | None = None
        self._expected = 0
        self._fault: str | None = None
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        """Whether a command may be written: it is open, and the server has said nothing unasked."""
        return self._fault is None and not self.transport.is_closing()

    def write(self, data: bytes, replies: int = 0) -> None:
        """Write, where so many replies follow. Raises `BrokenOffError`."""
        if not self.usable:
            raise BrokenOffError(self._fault or "closed")
        self._expected += replies
        self.transport.write(data)

    async def reply(self, seconds: float) -> Reply:
        """The next one. Raises `BrokenOffError`, `TimeoutError`."""
        if self._replies:
            return self._replies.popleft()
        if self._fault is not None:
            raise BrokenOffError(self._fault)
        self._waiter = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._late)
        try:
            return await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def data_received(self, data: bytes) -> None:
        """Bytes; each full reply goes to who waits for it."""
        self._buffer += data
        if len(self._buffer) > MAX_REPLY:
            self._fail("a reply without end")
            return
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._line(line)

    def eof_received(self) -> bool:
        """The server hung up."""
        self._fail("connection lost")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._fail(f"connection lost: {type(exc).__name__}" if exc else "connection lost")

    def _line(self, line: bytes) -> None:
        if not line[:3].isdigit():
            self._fail("not a reply")
            return
        self._lines.append(line[4:].strip().decode("utf-8", "replace"))
        if line[3:4] == b"-":
            return
        reply = Reply(int(line[:3]), "\n".join(self._lines))
        self._lines = []
        if not self._expected:
            self._fail(f"{reply.code} unasked")
            return
        self._expected -= 1
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(reply)
        else:
            self._replies.append(reply)

    def _late(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError("no reply in time"))

    def _fail(self, fault: str) -> None:
        self._fault = self._fault or fault
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(BrokenOffError(self._fault))
