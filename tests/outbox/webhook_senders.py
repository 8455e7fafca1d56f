"""Mail providers, as they sign and send what they tell."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from chassis.clock import now
from services.outbox.settings import Settings

GOLDEN = Path(__file__).parent / "webhooks"
PROVIDERS = ("ses", "postmark", "mailgun", "sendgrid", "generic")
TOPIC = "arn:aws:sns:us-west-2:123456789012:bounces"
CERTIFICATE = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0001.pem"

_MAILGUN, _GENERIC, _LOGIN = (
    "mailgun signing key",
    "whsec_" + base64.b64encode(b"a generic secret").decode(),
    "sounding:pw",
)
_SENDGRID = ec.generate_private_key(ec.SECP256R1())
_SNS = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def with_secrets(settings: Settings) -> Settings:
    public = _SENDGRID.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return settings.model_copy(
        update={
            "ses_topics": (TOPIC,),
            "postmark_webhook_login": SecretStr(_LOGIN),
            "mailgun_signing_key": SecretStr(_MAILGUN),
            "sendgrid_public_key": base64.b64encode(public).decode(),
            "webhook_secret": SecretStr(_GENERIC),
        }
    )


def certificate() -> bytes:
    """As SNS serves it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_SNS.public_key()).serial_number(1)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    dated = made.not_valid_before(moment).not_valid_after(moment + timedelta(days=3650))
    return dated.sign(_SNS, hashes.SHA256()).public_bytes(Encoding.PEM)


def signed(provider: str, body: Any, *, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    """A body as it is sent, with the headers that prove from whom."""
    stamp = str(int((at or now()).timestamp()))
    if provider == "ses":
        return sns({"Type": "Notification", "Message": json.dumps(body)}), {"content-type": "text/plain"}
    if provider == "mailgun":
        token = secrets.token_hex(25)
        signature = hmac.new(_MAILGUN.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
        return json.dumps(
            {**body, "signature": {"timestamp": stamp, "token": token, "signature": signature}}
        ).encode(), {}
    raw = json.dumps(body).encode()
    if provider == "postmark":
        return raw, {"authorization": "Basic " + base64.b64encode(_LOGIN.encode()).decode()}
    if provider == "sendgrid":
        proof = base64.b64encode(_SENDGRID.sign(stamp.encode() + raw, ec.ECDSA(hashes.SHA256()))).decode()
        name = "x-twilio-email-event-webhook"
        return raw, {f"{name}-timestamp": stamp, f"{name}-signature": proof}
    mac = hmac.new(b"a generic secret", f"msg_1.{stamp}.".encode() + raw, hashlib.sha256).digest()
    proof = "v1,bm8= v1," + base64.b64encode(mac).decode()
    return raw, {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": proof}


def sns(message: dict[str, Any], *, version: str = "2", **more: Any) -> bytes:
    """A message of SNS, signed over the fields that it names."""
    whole = {
        "MessageId": secrets.token_hex(8),
        "TopicArn": TOPIC,
        "Timestamp": "2026-11-20T10:00:00.000Z",
        "SigningCertURL": CERTIFICATE,
        **message,
        **more,
    }
    names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{whole[name]}\n" for name in names if name in whole)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    proof = base64.b64encode(_SNS.sign(text.encode(), padding.PKCS1v15(), algorithm)).decode()
    return json.dumps({**whole, "SignatureVersion": version, "Signature": proof}).encode()


class Sender:
    """Sends webhooks to an outbox and notes what the outbox fetched in turn."""

    def __init__(self, client: httpx.AsyncClient, fetched: list[str]) -> None:
        self._client, self.fetched = client, fetched

    async def tells(self, provider: str, body: Any, *, at: datetime | None = None) -> int:
        return await self.sends(provider, *signed(provider, body, at=at))

    async def sends(self, provider: str, raw: bytes, headers: dict[str, str] | None = None) -> int:
        answer = await self._client.post(f"/webhooks/{provider}", content=raw, headers=headers or {})
        return answer.status_code


@asynccontextmanager
async def fetching(monkeypatch: Any) -> AsyncIterator[list[str]]:
    """SNS itself, as far as outbox asks it for anything."""
    from services.outbox.adapters import signatures

    fetched: list[str] = []

    async def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificate()

    monkeypatch.setattr(signatures, "_fetched", fetch)
    yield fetched
