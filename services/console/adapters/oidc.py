"""Providers who know who people are: OpenID Connect's code flow with PKCE."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.errors import Unauthorized, Unavailable
from commons.tls import trusted
from services.console.settings import Provider

SECONDS = 10.0
KNOWN_FOR = timedelta(hours=1)
LEEWAY_SECONDS = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a public key only: nobody who knows the client secret can make one."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What must be remembered while somebody is at the provider, and where to send the browser."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(slots=True)
class _Known:
    about: dict[str, Any]
    keys: KeySet
    until: datetime


@dataclass(slots=True)
class Oidc:
    """One provider, as it describes itself."""

    provider: Provider
    callback: str
    _known: _Known | None = field(default=None, init=False)

    async def leave(self, now: datetime) -> Leaving:
        """Where to send somebody. Raises `Unavailable` where the provider does not answer."""
        about = (await self._look(now)).about
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.callback,
            "scope": self.provider.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in about["authorization_endpoint"] else "?"
        return Leaving(f"{about['authorization_endpoint']}{joint}{urlencode(asked)}", state, nonce, verifier)

    async def claims(self, code: str, verifier: str, nonce: str, now: datetime) -> dict[str, Any]:
        """Who came back, as the provider says. Raises `Unauthorized` and `Unavailable`."""
        known = await self._look(now)
        token = await self._exchange(known.about, code, verifier)
        claims = await self._checked(str(token.get("id_token", "")), known, nonce, now)
        if "email" in claims or "userinfo_endpoint" not in known.about:
            return claims
        headers = {"Authorization": f"Bearer {token.get('access_token', '')}"}
        more = await _asked("GET", known.about["userinfo_endpoint"], headers=headers)
        if more.get("sub") != claims["sub"]:
            raise _refused("the provider speaks of two people")
        return {**more, **claims}

    async def _look(self, now: datetime) -> _Known:
        if self._known is None or self._known.until < now:
            issuer = self.provider.issuer.rstrip("/")
            about = await _asked("GET", f"{issuer}/.well-known/openid-configuration")
            if str(about.get("issuer", "")).rstrip("/") != issuer:
                raise _away("its description names another issuer")
            self._known = _Known(about, await self._keys(about), now + KNOWN_FOR)
        return self._known

    async def _keys(self, about: Mapping[str, Any]) -> KeySet:
        return KeySet.import_key_set(await _asked("GET", about["jwks_uri"]))  # type: ignore[arg-type] # a JWK set

    async def _exchange(self, about: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
        client, secret = self.provider.client_id, self.provider.client_secret
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": verifier,
        }
        ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is not None and "client_secret_basic" in ways:
            pair = f"{quote(client, safe='')}:{quote(secret.get_secret_value(), safe='')}".encode()
            headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            return await _asked("POST", about["token_endpoint"], data=asked, headers=headers)
        own = {"client_id": client, **({"client_secret": secret.get_secret_value()} if secret else {})}
        return await _asked("POST", about["token_endpoint"], data={**asked, **own})

    async def _checked(self, token: str, known: _Known, nonce: str, now: datetime) -> dict[str, Any]:
        try:
            claims = _decoded(token, known.keys)
        except (JoseError, ValueError):
            # The provider may have changed its keys since; once more with those of now.
            known.keys = await self._keys(known.about)
            try:
                claims = _decoded(token, known.keys)
            except (JoseError, ValueError) as error:
                raise _refused("its ID token is not signed by it") from error
        audience = claims.get("aud")
        right = (
            claims.get("iss") == known.about["issuer"],
            self.provider.client_id in (audience if isinstance(audience, list) else [audience]),
            float(claims.get("exp", 0)) > now.timestamp() - LEEWAY_SECONDS,
            secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
            bool(claims.get("sub")),
        )
        if not all(right):
            raise _refused("its ID token is not for this sign-in")
        return claims


def _decoded(token: str, keys: KeySet) -> dict[str, Any]:
    return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def _asked(method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=SECONDS, verify=trusted()) as client:
            answer = await client.request(method, url, **options)
            found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise _away("it does not answer") from error
    if answer.is_success:
        return found
    if answer.is_client_error:
        raise _refused(f"it said {str(found.get('error', answer.status_code))[:60]}")
    raise _away(f"it said {answer.status_code}")


def _away(why: str) -> Unavailable:
    return Unavailable("provider-away", f"The provider cannot be asked now: {why}.")


def _refused(why: str) -> Unauthorized:
    return Unauthorized("provider-refused", f"The provider did not confirm who this is: {why}.")
