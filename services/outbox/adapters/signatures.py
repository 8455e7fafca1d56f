"""Whether a webhook is from whom it says: each provider's own way, over the bytes as they came."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

WINDOW = timedelta(minutes=5)
_SNS_HOST = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?")
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_FETCH_SECONDS, _MAX_BYTES = 10, 100_000


class ForgedError(Exception):
    """Not from whom it says."""


def check_postmark(authorization: str, secret: str) -> None:
    """Basic authentication with the `user:password` that was set at Postmark."""
    wanted = "Basic " + base64.b64encode(secret.encode()).decode()
    if not hmac.compare_digest(authorization.encode(), wanted.encode()):
        raise ForgedError


def mailgun_token(raw: bytes, key: str, now: datetime) -> str:
    """The token of a body that Mailgun signed within five minutes; each is good once."""
    signature = _object(_object(_json(raw)).get("signature"))
    stamp, token, given = (str(signature.get(name) or "") for name in ("timestamp", "token", "signature"))
    _in_time(stamp, now)
    wanted = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    if not token or not hmac.compare_digest(wanted.encode(), given.encode()):
        raise ForgedError
    return token[:200]


def check_sendgrid(raw: bytes, headers: Mapping[str, str], public_key: str, now: datetime) -> None:
    """ECDSA over timestamp and body."""
    stamp = headers.get("x-twilio-email-event-webhook-timestamp", "")
    given = headers.get("x-twilio-email-event-webhook-signature", "")
    _in_time(stamp, now)
    key = load_der_public_key(base64.b64decode(public_key))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ForgedError
    try:
        key.verify(base64.b64decode(given, validate=True), stamp.encode() + raw, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise ForgedError from error


def check_standard(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> None:
    """Standard Webhooks: HMAC over id, timestamp and body; one of the signatures given must be ours."""
    id_, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    _in_time(stamp, now)
    signed = f"{id_}.{stamp}.".encode() + raw
    wanted = base64.b64encode(hmac.new(_secret(secret), signed, hashlib.sha256).digest())
    given = [one.partition(",")[2] for one in headers.get("webhook-signature", "").split() if one.startswith("v1,")]
    if not id_ or not any(hmac.compare_digest(wanted, one.encode()) for one in given):
        raise ForgedError


def _secret(secret: str) -> bytes:
    try:
        return (
            base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            if secret.startswith("whsec_")
            else secret.encode()
        )
    except binascii.Error:
        return secret.encode()


class Sns:
    """Messages of Amazon SNS, from the topics that are ours. Nothing is fetched from anywhere but SNS itself."""

    def __init__(self, topics: tuple[str, ...], fetch: Any = None) -> None:
        self._topics, self._fetch = topics, fetch or _fetched
        self._certificates: dict[str, rsa.RSAPublicKey] = {}

    async def check(self, raw: bytes) -> dict[str, Any]:
        """The message in a body. Raises `ForgedError`."""
        message = _object(_json(raw))
        if message.get("TopicArn") not in self._topics:
            raise ForgedError
        fields = _NOTIFICATION if message.get("Type") == "Notification" else _CONFIRMATION
        signed = "".join(f"{name}\n{message[name]}\n" for name in fields if message.get(name) is not None)
        algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(str(message.get("SignatureVersion")))  # noqa: S303 - what SNS signs with
        key = await self._key(str(message.get("SigningCertURL") or message.get("SigningCertUrl") or ""))
        if algorithm is None:
            raise ForgedError
        try:
            given = base64.b64decode(str(message.get("Signature")), validate=True)
            key.verify(given, signed.encode(), padding.PKCS1v15(), algorithm)
        except (InvalidSignature, ValueError) as error:
            raise ForgedError from error
        return message

    async def confirm(self, message: Mapping[str, Any]) -> None:
        """Confirm a subscription, at SNS and nowhere else."""
        url = str(message.get("SubscribeURL"))
        if not is_sns(url):
            raise ForgedError
        await self._fetch(url)

    async def _key(self, url: str) -> rsa.RSAPublicKey:
        if not is_sns(url) or not urlsplit(url).path.endswith(".pem"):
            raise ForgedError
        if url not in self._certificates:
            key = x509.load_pem_x509_certificate(await self._fetch(url)).public_key()
            if not isinstance(key, rsa.RSAPublicKey):
                raise ForgedError
            self._certificates[url] = key
        return self._certificates[url]


def is_sns(url: str) -> bool:
    """Whether a URL leads to Amazon SNS."""
    try:
        parts = urlsplit(url)
        plain = parts.port in (None, 443) and parts.username is None
    except ValueError:
        return False
    return plain and parts.scheme == "https" and _SNS_HOST.fullmatch(parts.hostname or "") is not None


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Nowhere else."""


async def _fetched(url: str) -> bytes:
    def get() -> bytes:
        with urllib.request.build_opener(_Stay).open(url, timeout=_FETCH_SECONDS) as answer:
            body: bytes = answer.read(_MAX_BYTES)
            return body

    return await asyncio.to_thread(get)


def _in_time(stamp: str, now: datetime) -> None:
    """Raises where a timestamp is none, or is not of these minutes."""
    if not re.fullmatch(r"\d{1,12}", stamp) or abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        raise ForgedError


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ForgedError from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ForgedError
    return value
