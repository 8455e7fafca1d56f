"""API keys with scopes: `snd_<id>_<secret>`, stored as SHA-256, compared in constant time.

A pass stands for a key for some minutes: signed by a service that has seen who asks, believed by the others.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

from chassis.clock import now
from chassis.errors import Forbidden, Unauthorized
from chassis.settings import ApiKey, ChassisSettings

_MARK = "sndp_"
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


def make_pass(principal: Principal, keys: Sequence[SecretStr], *, seconds: int) -> str:
    """What says to other services for some seconds who asks; `keys` are the signing keys."""
    held = {"id": principal.id, "scopes": sorted(principal.scopes), "until": now().timestamp() + seconds}
    return _MARK + str(_signer(keys).dumps(held))


def identify(text: str, settings: ChassisSettings) -> Principal:
    """Whose key or pass this is. Raises `Unauthorized`."""
    hashed = _hash(text)
    for key in settings.api_keys:
        if hmac.compare_digest(hashed, key.hash):
            return Principal(key.id, key.scopes)
    try:
        held = _signer(settings.signing_keys).loads(text.removeprefix(_MARK)) if text.startswith(_MARK) else None
    except BadData:
        held = None
    if held and held["until"] > now().timestamp():
        return Principal(held["id"], frozenset(held["scopes"]))
    code, reason = "key-not-known", "The API key is missing or not known. Send it as `Authorization: Bearer …`."
    raise Unauthorized(code, reason)


def caller(request: Request) -> Principal:
    """Who asks. Raises `Unauthorized`."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return identify(text.strip() if kind.lower() == "bearer" else "", request.app.state.settings)


def requires(scope: str) -> Any:
    """A dependency that lets only holders of a scope in, and gives the `Principal`."""

    def check(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Principal:
        principal = caller(request)
        if not principal.may(scope):
            code, reason = "scope-missing", f"The API key does not hold the scope {scope}."
            raise Forbidden(code, reason)
        return principal

    dependency: Callable[..., Principal] = check
    return Depends(dependency)


def _signer(keys: Sequence[SecretStr]) -> URLSafeSerializer:
    texts = [key.get_secret_value() for key in keys]
    return URLSafeSerializer(texts, salt="sounding.pass", signer_kwargs={"digest_method": hashlib.sha256})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
