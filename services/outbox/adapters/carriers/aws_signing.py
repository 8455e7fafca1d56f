"""AWS Signature Version 4, for one POST or GET with a body in hand."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

_HASH = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs, for which service in which region."""

    key_id: str
    secret: str
    region: str
    service: str


def signed(
    credentials: Credentials, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, str]:
    """The headers with `X-Amz-Date` and `Authorization`. `headers` must name the host; `path` is without a query."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    all_headers = {**headers, "X-Amz-Date": moment}
    lines = {name.lower(): " ".join(value.split()) for name, value in sorted(all_headers.items(), key=_lower)}
    names = ";".join(lines)
    canonical = "\n".join(
        (
            method,
            quote(path or "/", safe="/-_.~"),
            "",
            *(f"{name}:{value}" for name, value in lines.items()),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{moment[:8]}/{credentials.region}/{credentials.service}/aws4_request"
    to_sign = "\n".join((_HASH, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_key(credentials, moment[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
    given = f"Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**all_headers, "Authorization": f"{_HASH} {given}"}


def _lower(item: tuple[str, str]) -> str:
    return item[0].lower()


def _key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, credentials.region, credentials.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
