"""SMTP, phase by phase: what happens before the point of no return can be tried again, what after it cannot."""

import asyncio
import re
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiosmtplib
from aiosmtplib import SMTP, SMTPException

from services.outbox.domain.mail import Mail
from services.outbox.settings import Settings

START_INPUT = 354
REPLY_SECONDS = 600.0
MAX_MAILS = 100
IDLE_SECONDS = 30.0
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the server."""

    code: int
    text: str

    @property
    def refused_for_good(self) -> bool:
        """5xx."""
        return self.code >= 500  # noqa: PLR2004

    @property
    def accepted(self) -> bool:
        """2xx or 354."""
        return self.code < 400  # noqa: PLR2004


class NotOpenedError(Exception):
    """The server is away or broke off before the body: nothing was sent."""


class UnclearError(Exception):
    """The server broke off after the body: it may have taken the mail."""


class Connection:
    """One worker's connection, used for many mails, dropped after any trouble."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: SMTP | None = None
        self._mails = 0
        self._used_at = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    async def offer(self, mail: Mail) -> Answer:
        """Everything up to 354. Raises `NotOpenedError`."""
        try:
            client = await self._open()
            for code, text in (await client.mail(mail.return_path), await client.rcpt(mail.recipient)):
                if code >= 400:  # noqa: PLR2004
                    return await self._reset(Answer(code, text))
            code, text = await client.execute_command(b"DATA", timeout=60)
            return Answer(code, text) if code == START_INPUT else await self._reset(Answer(code, text))
        except aiosmtplib.SMTPResponseException as refusal:
            return await self._reset(Answer(refusal.code, refusal.message))
        except (SMTPException, OSError, TimeoutError) as error:
            self.drop()
            raise NotOpenedError(type(error).__name__) from error

    async def body(self, mail: Mail) -> Answer:
        """The body and the dot in one go, then the reply. Raises `UnclearError`."""
        protocol = self._client.protocol if self._client else None
        if protocol is None:
            raise UnclearError("connection lost")
        try:
            protocol._response_pending = True  # noqa: SLF001 - as the library does before it writes
            protocol.write(_DOT.sub(b"..", mail.data) + b"\r\n.\r\n")
            code, text = await protocol.read_response(timeout=REPLY_SECONDS)
        except (SMTPException, OSError, TimeoutError) as error:
            self.drop()
            raise UnclearError(type(error).__name__) from error
        self._mails, self._used_at = self._mails + 1, time.monotonic()
        return Answer(code, text)

    def drop(self) -> None:
        """Close the socket at once; after 354 and before the body this says: there is no mail."""
        client, self._client = self._client, None
        if client is not None:
            transport = client.transport
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
            client.close()

    async def _open(self) -> SMTP:
        stale = self._mails >= MAX_MAILS or time.monotonic() - self._used_at > IDLE_SECONDS
        if self._client is not None and (stale or not self._client.is_connected):
            self.drop()
        if self._client is None:
            self._client = await self._connected()
            self._mails = 0
        self._used_at = time.monotonic()
        return self._client

    async def _connected(self) -> SMTP:
        settings = self._settings
        client = SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            local_hostname=settings.smtp_hello,
            timeout=60,
            start_tls=None,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        )
        await client.connect()
        await client.ehlo()
        _give_up_on_silence(client.transport)
        return client

    async def _reset(self, answer: Answer) -> Answer:
        """Ready for the next mail, or closed where the server does not follow."""
        try:
            if self._client is not None:
                await self._client.rset()
        except (SMTPException, OSError, TimeoutError):
            self.drop()
        return answer


def _give_up_on_silence(transport: asyncio.BaseTransport | None) -> None:
    """Let the kernel drop what the peer does not take within a second, so that an aborted mail stays aborted."""
    found = transport.get_extra_info("socket") if transport else None
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if found is not None and option is not None:
        found.setsockopt(socket.IPPROTO_TCP, option, 1000)
