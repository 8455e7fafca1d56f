"""The services behind this origin."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from chassis.errors import NotFound, Refusal, Unavailable
from commons.tls import trusted

CONNECT_SECONDS = 2.0
CONNECTIONS = 200
SENT_ON = frozenset(
    {"accept", "accept-language", "content-type", "idempotency-key", "if-match", "if-none-match", "range"}
)
GIVEN_BACK = frozenset({
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-length", "content-range",
    "content-type", "etag", "last-modified", "link", "location", "retry-after", "vary",
})  # fmt: skip


class Silent(Refusal):
    """A service took the request and did not answer it."""

    status = 502


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes on."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Upstreams:
    """Asks services by name, over connections that are kept."""

    urls: Mapping[str, str]
    seconds: float
    _client: httpx.AsyncClient | None = field(default=None, init=False)

    async def ask(self, service: str, asked: Asked, inner: Any = None) -> httpx.Response:
        """The service's answer, its body not read yet: close it. `inner` is this app, which is asked without a wire.

        Raises `NotFound` where there is no such service, `Unavailable` where it is away, `Silent` where it does not
        answer.
        """
        client = self._inner(inner) if inner is not None else self._opened()
        base = "http://console" if inner is not None else self._url(service)
        request = client.build_request(
            asked.method, httpx.URL(base).copy_with(raw_path=_target(asked)), headers=asked.headers, content=asked.body
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            code, reason = "service-away", f"{service} cannot be reached; nothing was done. Try again soon."
            raise Unavailable(code, reason, service=service) from error
        except httpx.HTTPError as error:
            raise silent(service) from error

    async def faults(self, service: str) -> dict[str, Any]:
        """What a service says of its own health; what is wrong where it says nothing."""
        try:
            answer = await self._opened().get(f"{self._url(service)}/health/ready", timeout=CONNECT_SECONDS)
            found: dict[str, Any] = answer.json()["faults"]
        except (httpx.HTTPError, ValueError, KeyError):
            return {"http": "cannot be reached"}
        return found

    async def all_faults(self) -> dict[str, dict[str, Any]]:
        """The same of all services, by name."""
        found = await asyncio.gather(*(self.faults(name) for name in self.urls))
        return dict(zip(self.urls, found, strict=True))

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def keep_open(self) -> None:
        """Close them when this is cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    def _url(self, service: str) -> str:
        if service not in self.urls:
            code, reason = "service-not-known", f"There is no service {service!r}."
            raise NotFound(code, reason)
        return self.urls[service]

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
            timeout = httpx.Timeout(self.seconds, connect=CONNECT_SECONDS)
            self._client = httpx.AsyncClient(
                verify=trusted(), timeout=timeout, limits=limits, trust_env=False, follow_redirects=False
            )
        return self._client

    def _inner(self, app: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), trust_env=False)


def silent(service: str) -> Silent:
    """What is said where a service does not answer."""
    reason = f"{service} did not answer: it may have been done. Repeat it with the same Idempotency-Key."
    return Silent("service-silent", reason, service=service)


async def body_of(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it comes; closed at the end. A service that dies on the way leaves an answer that breaks off."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def _target(asked: Asked) -> bytes:
    return f"/{asked.path}{'?' if asked.query else ''}{asked.query}".encode()
