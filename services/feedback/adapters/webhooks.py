"""Posts to addresses that others have chosen, and to none inside that nobody has allowed."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

from chassis.errors import Invalid
from commons.tls import trusted
from services.feedback.domain.webhook import MAX_EXCERPT, Reply

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[Address]]]
TIMEOUT_SECONDS, MAX_ANSWER_BYTES, MAX_URL = 10.0, 64_000, 2000
_TRANSLATED = ip_network("64:ff9b::/96")
"""IPv6 addresses that a gateway translates to the IPv4 address in their last bytes."""
_CODE = "webhook-url-not-valid"


class ForbiddenTargetError(Exception):
    """The name leads to an address that must not be called; `str()` says why, without the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: an address that was looked at, and the name that the certificate must be for."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def url(self) -> str:
        """With the address in place of the name, so that nothing is resolved again after the check."""
        at = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{at}:{self.port}{self.path}"


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name. Raises `OSError` where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class Poster:
    """Posts webhooks. `allowed` are networks of one's own that may be called, with plain HTTP too."""

    def __init__(self, allowed: Sequence[str] = (), resolve: Resolve = resolve) -> None:
        self._allowed = tuple(ip_network(network) for network in allowed)
        self._resolve = resolve
        self._client: httpx.AsyncClient | None = None

    async def check(self, url: str) -> None:
        """Raises `Invalid` for an address that cannot be called, with the reason."""
        try:
            await self._target(url)
        except ForbiddenTargetError as error:
            raise Invalid(_CODE, str(error), field="url") from None
        except OSError:
            raise Invalid(_CODE, "its name cannot be found", field="url") from None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """What the receiver says. Redirects are not followed: they would lead past the check."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status, retry_after, excerpt = await self._exchange(await self._target(url), body, headers)
        except ForbiddenTargetError as error:
            return Reply(fault=str(error), seconds=time.monotonic() - began)
        except TimeoutError:
            return Reply(fault="it did not answer in time", seconds=time.monotonic() - began)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Reply(fault=_words(error), seconds=time.monotonic() - began)
        return Reply(status=status, retry_after=retry_after, excerpt=excerpt, seconds=time.monotonic() - began)

    async def close(self) -> None:
        """Close its connections; the next post opens new ones, as when its job is started again after a crash."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(
        self, target: Target, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, timedelta | None, str]:
        if self._client is None:
            # Neither a proxy nor a login from the environment: both would be used for a stranger.
            self._client = httpx.AsyncClient(
                verify=trusted(), trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS
            )
        given = {**headers, "Host": _host_header(target), "Connection": "close"}
        extensions = {"sni_hostname": target.host}
        async with self._client.stream(
            "POST", target.url, content=body, headers=given, extensions=extensions
        ) as answer:
            return answer.status_code, _retry_after(answer), await _excerpt(answer)

    async def _target(self, url: str) -> Target:
        scheme, host, port, path = _parts(url)
        addresses = await self._addresses(host, port)
        refused = [address for address in addresses if not self._may(address)]
        if refused or not addresses:
            message = "it leads to an address inside, or to none that can be reached from outside"
            raise ForbiddenTargetError(message)
        if scheme == "http" and not all(self._is_allowed(address) for address in addresses):
            message = "it must begin with https://"
            raise ForbiddenTargetError(message)
        return Target(scheme, host, port, path, str(addresses[0]))

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            return await self._resolve(host, port)
        except UnicodeError:
            message = "its name is not valid"
            raise ForbiddenTargetError(message) from None

    def _may(self, address: Address) -> bool:
        return self._is_allowed(address) or is_outside(address)

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self._allowed if network.version == address.version)


def is_outside(address: Address) -> bool:
    """Whether an address is one of the open internet, also where another is hidden in it."""
    if isinstance(address, IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            hidden = IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden is not None:
            return is_outside(hidden)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> tuple[str, str, int, str]:
    if len(url) > MAX_URL or any(ord(letter) <= ord(" ") or letter == "\\" for letter in url):
        message = f"it must be an address of at most {MAX_URL} letters, without blanks"
        raise ForbiddenTargetError(message)
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        message = "it is no web address"
        raise ForbiddenTargetError(message) from None
    if found.scheme not in {"http", "https"} or not found.hostname:
        message = "it must begin with https://"
        raise ForbiddenTargetError(message)
    if found.username is not None or found.password is not None:
        message = "it must not hold a name or a password"
        raise ForbiddenTargetError(message)
    path = (found.path or "/") + (f"?{found.query}" if found.query else "")
    return found.scheme, found.hostname, port or (443 if found.scheme == "https" else 80), path


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = {"https": 443, "http": 80}[target.scheme]
    return host if target.port == usual else f"{host}:{target.port}"


def _retry_after(answer: httpx.Response) -> timedelta | None:
    text = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(text)) if text.isdigit() and len(text) < 7 else None  # noqa: PLR2004 - a week of seconds


async def _excerpt(answer: httpx.Response) -> str:
    found = b""
    async for piece in answer.aiter_raw():
        found += piece[:MAX_ANSWER_BYTES]
        if len(found) >= MAX_ANSWER_BYTES:
            break
    return found.decode("utf-8", "replace").replace("\x00", "")[:MAX_EXCERPT]


def _words(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return "the connection broke" if isinstance(error, httpx.HTTPError) else "its name cannot be found"
