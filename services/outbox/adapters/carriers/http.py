"""A mail in one HTTP request, whose last byte is what the final dot is to SMTP: without it nothing was asked for.

Written by hand over h11, since no client says when which byte goes out: connecting, TLS and all but the last byte come
before the deadline is looked at, and nothing stands between that look and the last byte. No request is repeated.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import h11

from services.outbox.adapters.smtp import (
    OFFER_SHARE,
    START_INPUT,
    Answer,
    NotSentError,
    TooLateError,
    UnclearError,
    give_up_on_silence,
    unsent,
)
from services.outbox.domain.mail import Mail
from services.outbox.domain.provider_answers import Answered
from services.outbox.domain.sending import Step
from services.outbox.settings import Settings

IDLE_SECONDS = 4.0
"""Servers close what is idle for longer; a request into a closing connection would be an unclear one."""
MAX_ANSWER = 200_000


@dataclass(frozen=True, slots=True)
class Request:
    """A POST."""

    target: str
    headers: Mapping[str, str]
    body: bytes


class Api(Protocol):
    """A provider's HTTP API."""

    place: str
    url: str

    def request(self, mail: Mail) -> Request:
        """What is to be posted."""

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """What an answer makes of the mail."""


@cache
def _system_tls() -> ssl.SSLContext:
    """One for all workers: each would need 50 ms to load what the system trusts."""
    return ssl.create_default_context()


class HttpCarrier:
    """One worker's connection to a provider."""

    def __init__(self, settings: Settings, api: Api) -> None:
        self._settings, self._api = settings, api
        self._parts = urlsplit(api.url)
        self._tls = _system_tls() if self._parts.scheme == "https" else None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._protocol = h11.Connection(h11.CLIENT)
        self._used_at = 0.0

    @property
    def place(self) -> str:
        """The provider."""
        return self._api.place

    @property
    def passes_on(self) -> bool:
        """Its limit is one for all domains."""
        return False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    async def offer(self, mail: Mail, within: float | None = None) -> Answer:
        """Connect. Raises `NotSentError`."""
        del mail
        try:
            async with asyncio.timeout(within or self._settings.claim_seconds * OFFER_SHARE):
                await self._open()
        except OSError as error:
            self.drop()
            raise NotSentError(type(error).__name__) from error
        return Answer(Step.DATA, START_INPUT, "")

    async def body(self, mail: Mail, in_time: Callable[[], bool]) -> Answer:
        """Raises `NotSentError` where the last byte was not written, `UnclearError` where no clear answer followed it."""
        if self._streams is None:
            raise NotSentError("connection lost")
        try:
            last = await self._all_but_the_last(self._streams[1], mail, in_time)
            if not in_time():
                raise TooLateError("too late for the last byte")
            self._streams[1].write(last)
        except TooLateError:
            self.drop()
            raise
        except (OSError, ValueError) as error:
            self.drop()
            raise NotSentError(type(error).__name__) from error
        except BaseException:
            self.drop()
            raise
        return await self._answer(self._streams[0])

    def drop(self) -> None:
        """Close at once."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].transport.abort()

    async def _open(self) -> None:
        old = time.monotonic() - self._used_at > IDLE_SECONDS
        if self._streams is not None and (old or self._streams[0].at_eof() or self._streams[1].is_closing()):
            self.drop()
        if self._streams is None:
            port = self._parts.port or (443 if self._tls else 80)
            host = self._parts.hostname or ""
            self._streams = await asyncio.open_connection(host, port, ssl=self._tls)
            give_up_on_silence(self._streams[1].transport)
            self._protocol = h11.Connection(h11.CLIENT)
        self._used_at = time.monotonic()

    async def _all_but_the_last(self, writer: asyncio.StreamWriter, mail: Mail, in_time: Callable[[], bool]) -> bytes:
        """Write it, and wait until the kernel has it, so that the last byte goes the moment that it is written."""
        asked = self._api.request(mail)
        headers = [*asked.headers.items(), ("Host", self._parts.netloc), ("Content-Length", str(len(asked.body)))]
        request = h11.Request(method="POST", target=asked.target, headers=headers)
        said = [self._protocol.send(event) for event in (request, h11.Data(data=asked.body), h11.EndOfMessage())]
        data = b"".join(part or b"" for part in said)
        writer.write(data[:-1])
        while in_time() and unsent(writer.transport) and not writer.is_closing():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.005)
        if writer.is_closing():
            raise ConnectionResetError("closed")
        return data[-1:]

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        try:
            async with asyncio.timeout(self._settings.reply_seconds):
                status, headers, body = await self._read(reader)
        except (OSError, ValueError, h11.RemoteProtocolError) as error:
            self.drop()
            raise UnclearError(type(error).__name__) from error
        except BaseException:
            self.drop()
            raise
        self._used_at = time.monotonic()
        self._next()
        found = self._api.answered(status, headers, body)
        return Answer(Step.DOT, status, found.text, found)

    async def _read(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = 0, {}, b""
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                self._protocol.receive_data(await reader.read(65_536))
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
                if len(body) > MAX_ANSWER:
                    raise ValueError("an answer without end")
            elif isinstance(event, h11.EndOfMessage):
                return status, headers, body
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("closed without an answer")

    def _next(self) -> None:
        """Ready for the next request, or closed where the server wants no more."""
        try:
            self._protocol.start_next_cycle()
        except h11.LocalProtocolError:
            self.drop()
