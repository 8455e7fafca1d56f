"""SMTP, phase by phase: what happens before the point of no return can be tried again, what after it cannot."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast

from aiosmtplib import SMTPException

from services.outbox.adapters.dialog import Dialog
from services.outbox.adapters.relays import Relays
from services.outbox.domain.mail import Mail
from services.outbox.domain.pacing import asks_for_less
from services.outbox.domain.provider_answers import Answered
from services.outbox.domain.refusals import by_policy
from services.outbox.domain.sending import Outcome, Step, outcome
from services.outbox.settings import Settings

START_INPUT, CLOSING = 354, 421
OFFER_SHARE = 0.8
MAX_MAILS = 100
IDLE_SECONDS = 30.0
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the server, and to what."""

    step: Step
    code: int
    text: str
    decided: Answered | None = None
    """What a provider's answer means, which is no SMTP."""

    @property
    def go_on(self) -> bool:
        """354: it waits for the body."""
        return self.step is Step.DATA and self.code == START_INPUT

    @property
    def good(self) -> bool:
        """Whether the next command may follow."""
        return self.go_on if self.step is Step.DATA else 200 <= self.code < 300  # noqa: PLR2004 - taken

    @property
    def outcome(self) -> Outcome:
        """What it makes of the record."""
        return self.decided.outcome if self.decided else outcome(self.step, self.code, self.text)

    @property
    def slow(self) -> bool:
        """Whether it asks for less."""
        return self.decided.slow if self.decided else asks_for_less(self.code, self.text)

    @property
    def unwanted(self) -> bool:
        """Whether it refuses what we send, whoever it is for."""
        return self.decided is None and by_policy(self.code, self.text)

    @property
    def provider_id(self) -> str | None:
        """Under which id a provider knows the mail."""
        return self.decided.provider_id if self.decided else None


class NotSentError(Exception):
    """The server is away, or broke off before the final dot: nothing was sent. `slow`: it has too many connections."""

    slow = False


class CrowdedOutError(NotSentError):
    """The server wants fewer connections (421 in place of a greeting)."""

    slow = True


class TooLateError(NotSentError):
    """We were late with the dot, so that it was not written; the server was willing."""


class UnclearError(Exception):
    """The server broke off after the final dot: it may have taken the mail."""


class Connection:
    """One worker's connection, used for many mails, dropped after any trouble."""

    def __init__(self, settings: Settings, number: int = 0) -> None:
        self._settings = settings
        self._relays = Relays(settings, number)
        self._dialog: Dialog | None = None
        self._pipelining = False
        self._mails = 0
        self._used_at = 0.0

    @property
    def place(self) -> str:
        """The relay that is connected, or the next to be."""
        return self._relays.place

    @property
    def passes_on(self) -> bool:
        """A relay passes on to many, each with a pace of its own."""
        return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    async def offer(self, mail: Mail, within: float | None = None) -> Answer:
        """Everything up to 354, well within the time of a claim. Raises `NotSentError`."""
        try:
            async with asyncio.timeout(within or self._settings.claim_seconds * OFFER_SHARE):
                return await self._offered(await self._open(), mail)
        except (SMTPException, OSError, ValueError) as error:
            self.drop()
            crowded = getattr(error, "code", None) == CLOSING
            raise (CrowdedOutError if crowded else NotSentError)(_name(error)) from error
        except BaseException:
            self.drop()
            raise

    async def _offered(self, dialog: Dialog, mail: Mail) -> Answer:
        """MAIL, RCPT and DATA, at once where the server takes that; the first that it refuses, or 354."""
        commands = [(step, command(step, mail)) for step in (Step.MAIL, Step.RCPT, Step.DATA)]
        if self._pipelining:
            dialog.write(b"".join(line for _, line in commands), len(commands))
        refused: Answer | None = None
        for step, line in commands:
            if refused is None:
                refused = await self._said(dialog, step, line)
            elif self._pipelining:
                await self._and_then(dialog, step)
        return Answer(Step.DATA, START_INPUT, "") if refused is None else await self._reset(refused)

    async def _said(self, dialog: Dialog, step: Step, line: bytes) -> Answer | None:
        """What the server has against it; None where it goes on."""
        if not self._pipelining:
            dialog.write(line, 1)
        reply = await dialog.reply(self._settings.command_seconds)
        answer = Answer(step, reply.code, reply.text)
        return None if answer.good else answer

    async def _and_then(self, dialog: Dialog, step: Step) -> None:
        """What it says to the commands that were under way when it refused one. Where it waits for a mail all the same, it is told by closing that there is none."""
        try:
            reply = await dialog.reply(self._settings.command_seconds)
        except (OSError, TimeoutError):
            self.drop()
        else:
            if Answer(step, reply.code, reply.text).go_on:
                self.drop()

    async def body(self, mail: Mail, in_time: Callable[[], bool]) -> Answer:
        """The body and, if it is in time, the dot; then the reply.

        Raises `NotSentError` where the dot was not written, `UnclearError` where no reply followed it.
        """
        dialog = self._dialog
        if dialog is None:
            raise NotSentError("connection lost")
        try:
            dialog.write(stuffed(mail.data))
            await self._taken(in_time)
            _write_dot(dialog, in_time)
        except (SMTPException, OSError) as error:
            self.drop()
            raise NotSentError(_name(error)) from error
        except BaseException:
            self.drop()
            raise
        return await self._reply(dialog)

    async def _taken(self, in_time: Callable[[], bool]) -> None:
        """Wait until the kernel has all of the body, so that the dot goes the moment that it is written, or never."""
        while in_time() and unsent(self._dialog.transport if self._dialog else None):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.005)

    async def _reply(self, dialog: Dialog) -> Answer:
        try:
            reply = await dialog.reply(self._settings.reply_seconds)
        except (OSError, TimeoutError) as error:
            self.drop()
            raise UnclearError(_name(error)) from error
        except BaseException:
            self.drop()
            raise
        self._mails, self._used_at = self._mails + 1, time.monotonic()
        if reply.code == CLOSING:
            self.drop()
        return Answer(Step.DOT, reply.code, reply.text)

    def drop(self) -> None:
        """Close the socket at once; after 354 and before the body this says: there is no mail."""
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.transport.abort()

    async def _open(self) -> Dialog:
        stale = self._mails >= MAX_MAILS or time.monotonic() - self._used_at > IDLE_SECONDS
        if self._dialog is not None and (stale or not self._dialog.usable):
            self.drop()
        if self._dialog is None:
            client = await self._relays.connected()
            give_up_on_silence(client.transport)
            self._pipelining = client.supports_extension("pipelining")
            self._dialog = Dialog(cast(asyncio.Transport, client.transport))
            self._mails = 0
        self._used_at = time.monotonic()
        return self._dialog

    async def _reset(self, answer: Answer) -> Answer:
        """Ready for the next mail, or closed where the server does not follow."""
        if answer.code == CLOSING:
            self.drop()
        try:
            if self._dialog is not None:
                self._dialog.write(b"RSET\r\n", 1)
                await self._dialog.reply(self._settings.command_seconds)
        except (OSError, TimeoutError):
            self.drop()
        return answer


def command(step: Step, mail: Mail) -> bytes:
    """A line of the dialogue. Raises `ValueError` for an address that would make two of it."""
    if step is Step.DATA:
        return b"DATA\r\n"
    address = mail.return_path if step is Step.MAIL else mail.recipient
    if _UNSAFE.search(address):
        raise ValueError("an address has a blank, a bracket or a control character in it")
    verb = "MAIL FROM" if step is Step.MAIL else "RCPT TO"
    return f"{verb}:<{address}>\r\n".encode("ascii")


def stuffed(data: bytes) -> bytes:
    """With each line's first dot doubled, so that none ends the mail (RFC 5321, 4.5.2)."""
    return (b"." if data.startswith(b".") else b"") + data.replace(b"\n.", b"\n..")


def give_up_on_silence(transport: asyncio.BaseTransport | None) -> None:
    """Let the kernel drop what the peer does not take within a second, so that an aborted mail stays aborted."""
    found = transport.get_extra_info("socket") if transport else None
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if found is not None and option is not None:
        found.setsockopt(socket.IPPROTO_TCP, option, 1000)


def _write_dot(dialog: Dialog, in_time: Callable[[], bool]) -> None:
    """The point of no return; nothing stands between looking at the clock and writing."""
    if not in_time():
        raise TooLateError("too late for the dot")
    dialog.write(b"\r\n.\r\n", 1)


def unsent(transport: asyncio.BaseTransport | None) -> int:
    """Bytes that the kernel has not taken yet; with TLS, those that wait below it too."""
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    return sum(one.get_write_buffer_size() for one in (transport, below) if isinstance(one, asyncio.WriteTransport))


def _name(error: BaseException) -> str:
    """What happened, without what the server said of whom."""
    code = getattr(error, "code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
