"""SMTP, phase by phase: what happens before the point of no return can be tried again, what after it cannot."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol

from services.outbox.domain.mail import Mail
from services.outbox.domain.sending import Outcome, Step, outcome
from services.outbox.settings import Settings

START_INPUT, CLOSING = 354, 421
OFFER_SHARE = 0.8
MAX_MAILS = 100
IDLE_SECONDS = 30.0
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the server, and to what."""

    step: Step
    code: int
    text: str

    @property
    def go_on(self) -> bool:
        """354: it waits for the body."""
        return self.step is Step.DATA and self.code == START_INPUT

    @property
    def outcome(self) -> Outcome:
        """What it makes of the record."""
        return outcome(self.step, self.code, self.text)


class NotSentError(Exception):
    """The server is away, or broke off before the final dot: nothing was sent."""


class TooLateError(NotSentError):
    """We were late with the dot, so that it was not written; the server was willing."""


class UnclearError(Exception):
    """The server broke off after the final dot: it may have taken the mail."""


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
        """Everything up to 354, well within the time of a claim. Raises `NotSentError`."""
        try:
            async with asyncio.timeout(self._settings.claim_seconds * OFFER_SHARE):
                return await self._offered(await self._open(), mail)
        except (SMTPException, OSError, ValueError) as error:
            self.drop()
            raise NotSentError(_name(error)) from error
        except BaseException:
            self.drop()
            raise

    async def _offered(self, client: SMTP, mail: Mail) -> Answer:
        step = Step.MAIL
        try:
            await client.mail(mail.return_path)
            step = Step.RCPT
            await client.rcpt(mail.recipient)
        except SMTPResponseException as refusal:
            return await self._reset(_answer(step, refusal.code, refusal.message))
        code, text = await client.execute_command(b"DATA", timeout=self._settings.command_seconds)
        answer = _answer(Step.DATA, code, text)
        return answer if answer.go_on else await self._reset(answer)

    async def body(self, mail: Mail, in_time: Callable[[], bool]) -> Answer:
        """The body and, if it is in time, the dot; then the reply.

        Raises `NotSentError` where the dot was not written, `UnclearError` where no reply followed it.
        """
        protocol = self._client.protocol if self._client else None
        if protocol is None:
            raise NotSentError("connection lost")
        try:
            protocol._response_pending = True  # noqa: SLF001 - as the library does before it writes
            protocol.write(_DOT.sub(b"..", mail.data))
            await self._taken(in_time)
            _write_dot(protocol, in_time)
        except (SMTPException, OSError) as error:
            self.drop()
            raise NotSentError(_name(error)) from error
        except BaseException:
            self.drop()
            raise
        return await self._reply(protocol)

    async def _taken(self, in_time: Callable[[], bool]) -> None:
        """Wait until the kernel has all of the body, so that the dot goes the moment that it is written, or never."""
        while in_time() and _unsent(self._client):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.005)

    async def _reply(self, protocol: SMTPProtocol) -> Answer:
        try:
            code, text = await protocol.read_response(timeout=self._settings.reply_seconds)
        except (SMTPException, OSError, TimeoutError) as error:
            self.drop()
            raise UnclearError(_name(error)) from error
        except BaseException:
            self.drop()
            raise
        self._mails, self._used_at = self._mails + 1, time.monotonic()
        return _answer(Step.DOT, code, text)

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
            timeout=settings.command_seconds,
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
        if answer.code == CLOSING:
            self.drop()
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


def _write_dot(protocol: SMTPProtocol, in_time: Callable[[], bool]) -> None:
    """The point of no return; nothing stands between looking at the clock and writing."""
    if not in_time():
        raise TooLateError("too late for the dot")
    protocol.write(b"\r\n.\r\n")


def _unsent(client: SMTP | None) -> int:
    """Bytes that the kernel has not taken yet; with TLS, those that wait below it too."""
    transport = client.transport if client else None
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    return sum(one.get_write_buffer_size() for one in (transport, below) if isinstance(one, asyncio.WriteTransport))


def _answer(step: Step, code: int, text: str | bytes) -> Answer:
    return Answer(step, code, text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _name(error: BaseException) -> str:
    """What happened, without what the server said of whom."""
    code = getattr(error, "code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
