"""Commands to the services that own what a profile shows, over HTTP, in the name of whoever asks profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, Outdated, Refusal, Unauthorized, Unavailable
from commons.tls import trusted

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 20.0
_REFUSALS: Mapping[int, type[Refusal]] = {
    kind.status: kind for kind in (Unauthorized, Forbidden, NotFound, Conflict, Outdated, Invalid)
}
_OURS = frozenset({"type", "title", "status", "code", "detail", "request_id", "errors"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the key goes on to the owner, which decides what it may do; so does the Idempotency-Key."""

    authorization: str
    idempotency_key: str | None

    @property
    def headers(self) -> dict[str, str]:
        """As the owner gets them."""
        given = {"Authorization": self.authorization, "Idempotency-Key": self.idempotency_key}
        return {name: value for name, value in given.items() if value}


class Owners:
    """The other services, by name."""

    def __init__(self, urls: Mapping[str, str], key: str | None = None) -> None:
        self._urls, self._key = urls, key

    @property
    def can_be_asked(self) -> bool:
        """Whether there is a key for work in the background, where nobody asks."""
        return self._key is not None

    def caller(self, idempotency_key: str) -> Caller:
        """Who asks in the background."""
        return Caller(f"Bearer {self._key}", idempotency_key)

    @property
    def names(self) -> list[str]:
        """Which there are."""
        return list(self._urls)

    async def ask(self, owner: str, path: str, body: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """What the owner answers to a command. Raises its refusal, and `Unavailable` where it is away or silent."""
        return await self._request(owner, "POST", path, caller, body)

    async def read(self, owner: str, path: str, caller: Caller) -> dict[str, Any]:
        """What the owner shows. Raises as `ask` does."""
        return await self._request(owner, "GET", path, caller, None)

    async def _request(
        self, owner: str, method: str, path: str, caller: Caller, body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        limits = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        try:
            async with httpx.AsyncClient(base_url=self._urls[owner], timeout=limits, verify=trusted()) as client:
                answer = await client.request(method, path, json=body, headers=caller.headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            code, reason = "owner-away", f"{owner} cannot be reached; nothing was done. Try again soon."
            raise Unavailable(code, reason) from error
        except httpx.HTTPError as error:
            code = "owner-silent"
            reason = f"{owner} did not answer: it may have been done. Repeat it with the same Idempotency-Key."
            raise Unavailable(code, reason) from error
        if answer.is_success:
            return cast("dict[str, Any]", answer.json())
        raise _refusal(owner, answer)


def _refusal(owner: str, answer: httpx.Response) -> Refusal:
    """What the owner said, as our own."""
    kind = _REFUSALS.get(answer.status_code)
    if kind is None:
        code = "owner-failed"
        return Unavailable(code, f"{owner} could not do it now. Try again soon.")
    problem = answer.json()
    field = next((error["field"] for error in problem.get("errors", ())), None)
    facts = {name: value for name, value in problem.items() if name not in _OURS}
    return kind(problem["code"], problem.get("detail") or problem["title"], field=field, **facts)
