"""API keys with scopes: `snd_<id>_<secret>`, stored as SHA-256, compared in constant time."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chassis.errors import Forbidden, Unauthorized
from chassis.settings import ApiKey

_bearer = HTTPBearer(auto_error=False, description="An API key: `Authorization: Bearer snd_…`")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: the id of the key, and what it may do."""

    id: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether a scope is held; `things:*` and `*` hold more than one."""
        return bool(self.scopes & {"*", scope, f"{scope.split(':', maxsplit=1)[0]}:*"})


def make_key(id_: str, scopes: Sequence[str]) -> tuple[str, ApiKey]:
    """A fresh key: what its holder keeps, and what the services are told."""
    text = f"snd_{id_}_{secrets.token_urlsafe(32)}"
    return text, ApiKey(id=id_, hash=_hash(text), scopes=frozenset(scopes))


def identify(text: str, keys: Sequence[ApiKey]) -> Principal:
    """Whose key this is. Raises `Unauthorized`."""
    hashed = _hash(text)
    for key in keys:
        if hmac.compare_digest(hashed, key.hash):
            return Principal(key.id, key.scopes)
    code, reason = "key-not-known", "The API key is missing or not known. Send it as `Authorization: Bearer …`."
    raise Unauthorized(code, reason)


def requires(scope: str) -> Any:
    """A dependency that lets only holders of a scope in, and gives the `Principal`."""

    def check(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Principal:
        principal = identify(given.credentials if given else "", request.app.state.settings.api_keys)
        if not principal.may(scope):
            code, reason = "scope-missing", f"The API key does not hold the scope {scope}."
            raise Forbidden(code, reason)
        return principal

    dependency: Callable[..., Principal] = check
    return Depends(dependency)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
