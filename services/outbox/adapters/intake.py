"""Where mails come in that went to a return path: our own SMTP server, a folder, a mailbox read by IMAP."""

import asyncio
import mailbox
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aioimaplib import IMAP4, IMAP4_SSL
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.logs import get_logger
from services.outbox.domain.bounces import MAX_SIZE

log = get_logger(__name__)

MAX_RECIPIENTS, MAX_CONNECTIONS = 20, 100
IDLE_SECONDS, IMAP_SECONDS = 60, 30
IMAP_BATCH = 100

Keep = Callable[[bytes, Sequence[str]], Awaitable[None]]
"""Stores a mail and to whom it came."""


class _Handler:
    """Takes mails to addresses of ours, and no others: it relays nothing."""

    def __init__(self, accepts: Callable[[str], bool], keep: Keep) -> None:
        self._accepts, self._keep = accepts, keep

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """550 for whoever is not known here."""
        del server, session, options
        if not self._accepts(address):
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """250 once it is stored; else the other side keeps it and tries again."""
        del server, session
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else bytes(content or b"")
        try:
            await self._keep(raw, envelope.rcpt_tos)
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail is not stored
            log.warning("intake.not_kept", error=type(error).__name__)
            return "451 4.3.0 Not now, try again later"
        return "250 2.0.0 Kept"


class _Server(SMTP):
    """With a limit to how many may be connected."""

    def __init__(self, connected: set[object], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connected = connected

    def connection_made(self, transport: Any) -> None:
        """One more; too many are turned away."""
        if len(self._connected) >= MAX_CONNECTIONS:
            transport.write(b"421 4.3.2 Too many connections\r\n")
            transport.close()
            return
        self._connected.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """One less."""
        if self in self._connected:
            self._connected.discard(self)
            super().connection_lost(error)


@asynccontextmanager
async def smtp_server(
    host: str, port: int, accepts: Callable[[str], bool], keep: Keep, hostname: str
) -> AsyncIterator[int]:
    """A running SMTP server; gives its port."""
    connected: set[object] = set()
    loop = asyncio.get_running_loop()

    def session() -> _Server:
        return _Server(
            connected,
            _Handler(accepts, keep),
            data_size_limit=MAX_SIZE,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Sounding",
            timeout=IDLE_SECONDS,
            loop=loop,
        )

    server = await loop.create_server(session, host, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


async def empty_folder(path: Path, keep: Keep) -> int:
    """Take all mails out of a Maildir or an mbox file, each once it is stored. Returns how many there were."""
    count = 0
    if not await asyncio.to_thread(path.exists):
        return count
    box = await asyncio.to_thread(_opened, path)
    try:
        for key, raw in await asyncio.to_thread(lambda: list(_first(box))):
            await keep(raw, ())
            await asyncio.to_thread(box.discard, key)
            count += 1
        if count:
            await asyncio.to_thread(box.flush)
    finally:
        await asyncio.to_thread(box.close)
    return count


def _opened(path: Path) -> "mailbox.Mailbox[Any]":
    if path.is_dir():
        return mailbox.Maildir(str(path), create=False)
    box = mailbox.mbox(str(path), create=False)
    box.lock()
    return box


def _first(box: "mailbox.Mailbox[Any]") -> Iterator[tuple[str, bytes]]:
    """The next mails, none longer than what is read of one anyway."""
    for number, key in enumerate(box.iterkeys()):
        if number >= IMAP_BATCH:
            return
        with box.get_file(key) as file:
            yield key, file.read(MAX_SIZE + 1)


async def empty_mailbox(
    host: str, port: int, username: str, password: str, folder: str, keep: Keep, *, tls: bool = True
) -> int:
    """Read what is new in a mailbox by IMAP; what is stored is marked as seen. Returns how many there were."""
    client = (IMAP4_SSL if tls else IMAP4)(host=host, port=port, timeout=IMAP_SECONDS)
    await client.wait_hello_from_server()
    try:
        _ok(await client.login(username, password))
        _ok(await client.select(folder))
        found = _ok(await client.uid_search("UNSEEN", charset=None))
        uids = [one for line in found for one in line.decode().split() if one.isdigit()][:IMAP_BATCH]
        for uid in uids:
            answer = _ok(await client.uid("fetch", uid, "(BODY.PEEK[])"))
            raw = max((bytes(line) for line in answer), key=len, default=b"")
            await keep(raw[: MAX_SIZE + 1], ())
            _ok(await client.uid("store", uid, r"+FLAGS (\Seen)"))
        return len(uids)
    finally:
        await client.logout()


def _ok(answer: Any) -> list[bytes]:
    if answer.result != "OK":
        msg = f"IMAP: {answer.result}"
        raise OSError(msg)
    lines: list[bytes] = answer.lines
    return lines
