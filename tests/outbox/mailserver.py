"""An SMTP server that does as it is told: answers, refuses, breaks off or falls silent at any step."""

import asyncio
import email
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from enum import Enum

CONNECT, MAIL, RCPT, DATA, BODY, DOT = "connect", "MAIL", "RCPT", "DATA", "body", "dot"
GOOD = {
    CONNECT: "220 mx.example ready",
    "EHLO": "250-mx.example\r\n250 8BITMIME",
    MAIL: "250 2.1.0 ok",
    RCPT: "250 2.1.5 ok",
    DATA: "354 go on",
    DOT: "250 2.0.0 kept",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


class Act(Enum):
    """What it may do instead of answering."""

    CUT = "closes the connection"
    TAKE_AND_CUT = "keeps the mail and closes the connection without a word"
    HANG = "says nothing more"


@dataclass(frozen=True)
class Taken:
    """A mail that it took."""

    sender: str
    recipient: str
    raw: bytes
    at: float = field(default_factory=time.monotonic)
    """When its final dot was read."""

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class _OverError(Exception):
    """The connection is to be closed."""


@dataclass
class MailServer:
    """Its port, the mails that it took, the steps that it saw."""

    port: int = 0
    mails: list[Taken] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    meanwhile: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    _script: dict[str, deque[str | Act]] = field(default_factory=lambda: defaultdict(deque))
    _always: dict[str, str | Act] = field(default_factory=dict)

    def next(self, step: str, *answers: str | Act) -> None:
        """At this step, do these first."""
        self._script[step].extend(answers)

    def always(self, step: str, answer: str | Act) -> None:
        """At this step, always do this."""
        self._always[step] = answer

    def to(self, address: str) -> list[Taken]:
        """The mails for an address."""
        return [mail for mail in self.mails if mail.recipient == address]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            await _Talk(self, reader, writer).run()
        except (_OverError, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the last one at the end of a run whose clients were killed
        finally:
            writer.close()

    async def act(self, step: str) -> str | Act:
        """What to do at this step; runs first what the test wants done meanwhile."""
        self.seen.append(step)
        if step in self.meanwhile:
            await self.meanwhile[step]()
        scripted = self._script[step]
        return scripted.popleft() if scripted else self._always.get(step, GOOD.get(step, "500 what?"))


class _Talk:
    def __init__(self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._sender = self._recipient = ""

    async def run(self) -> None:
        await self._answer(CONNECT)
        while line := (await self._reader.readline()).decode("latin-1").strip():
            self._server.lines.append(line)
            verb = line.split(maxsplit=1)[0].upper()
            if verb == MAIL:
                self._sender = line.partition("<")[2].partition(">")[0]
            if verb == RCPT:
                self._recipient = line.partition("<")[2].partition(">")[0]
            answer = await self._answer(verb)
            if verb == DATA and answer.startswith("354"):
                await self._body()

    async def _body(self) -> None:
        if BODY in self._server._always or self._server._script[BODY]:
            await self._answer(BODY)
            raise _OverError
        body = await self._reader.readuntil(b"\r\n.\r\n")
        taken = Taken(self._sender, self._recipient, body[:-5].replace(b"\r\n..", b"\r\n.") + b"\r\n")
        answer = await self._server.act(DOT)
        if answer is Act.TAKE_AND_CUT or (isinstance(answer, str) and answer.startswith("2")):
            self._server.mails.append(taken)
        await self._do(answer)

    async def _answer(self, step: str) -> str:
        answer = await self._server.act(step)
        await self._do(answer)
        return str(answer)

    async def _do(self, answer: str | Act) -> None:
        if answer is Act.HANG:
            await self._reader.read()
            raise _OverError
        if isinstance(answer, Act):
            raise _OverError
        self._writer.write(answer.encode() + b"\r\n")
        await self._writer.drain()


@asynccontextmanager
async def mail_server(made: MailServer | None = None) -> AsyncIterator[MailServer]:
    """A running one."""
    made = made or MailServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=2**20)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
