"""Webhooks of mail providers: checked, stored as they came, answered; worked off later."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from chassis import clock
from chassis.errors import NotFound, Unauthorized
from chassis.http import DatabaseDep, problems
from services.outbox import store
from services.outbox.adapters import signatures
from services.outbox.adapters.signatures import ForgedError, Sns
from services.outbox.domain.incoming import id_of
from services.outbox.settings import Settings

Check = Callable[[Request, bytes], Awaitable[str | None]]
"""The id under which a message is kept, once; none where there is nothing to keep. Raises `ForgedError`."""


def add(router: APIRouter, settings: Settings, sns: Sns | None = None) -> None:
    """One route for all; a provider that is not set up is not there."""
    checks = _checks(settings, sns)

    @router.post("/webhooks/{provider}", tags=["webhooks"], responses=problems(401, 404, 413))
    async def take(provider: str, request: Request, db: DatabaseDep) -> PlainTextResponse:
        """What a mail provider tells of bounces, complaints and deliveries: ses, postmark, mailgun, sendgrid, generic."""
        if provider not in checks:
            code, reason = "provider-not-set-up", "No secret is set for webhooks of this provider."
            raise NotFound(code, reason)
        raw = await request.body()
        try:
            id_ = await checks[provider](request, raw)
        except ForgedError as error:
            code, reason = "signature-invalid", "The signature, its time or its sender is not the one expected."
            raise Unauthorized(code, reason) from error
        if id_ is not None:
            await store.keep_incoming(db, id_, provider, raw)
        return PlainTextResponse("Kept.")


def _checks(settings: Settings, sns: Sns | None) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    if settings.ses_topics:
        checks["ses"] = _ses(sns or Sns(settings.ses_topics))
    if settings.postmark_webhook_login:
        checks["postmark"] = _postmark(settings.postmark_webhook_login.get_secret_value())
    if settings.mailgun_signing_key:
        checks["mailgun"] = _mailgun(settings.mailgun_signing_key.get_secret_value())
    if settings.sendgrid_public_key:
        checks["sendgrid"] = _sendgrid(settings.sendgrid_public_key)
    if settings.webhook_secret:
        checks["generic"] = _generic(settings.webhook_secret.get_secret_value())
    return checks


def _ses(sns: Sns) -> Check:
    async def check(request: Request, raw: bytes) -> str | None:
        del request
        message = await sns.check(raw)
        if message.get("Type") == "SubscriptionConfirmation":
            await sns.confirm(message)
        return id_of("ses", str(message.get("MessageId")).encode()) if message.get("Type") == "Notification" else None

    return check


def _postmark(secret: str) -> Check:
    async def check(request: Request, raw: bytes) -> str | None:
        signatures.check_postmark(request.headers.get("authorization", ""), secret)
        return id_of("postmark", raw)

    return check


def _mailgun(key: str) -> Check:
    async def check(request: Request, raw: bytes) -> str | None:
        """The signature covers no body, so a token is good for one message only."""
        del request
        return id_of("mailgun", signatures.mailgun_token(raw, key, clock.now()).encode())

    return check


def _sendgrid(public_key: str) -> Check:
    async def check(request: Request, raw: bytes) -> str | None:
        signatures.check_sendgrid(raw, request.headers, public_key, clock.now())
        return id_of("sendgrid", raw)

    return check


def _generic(secret: str) -> Check:
    async def check(request: Request, raw: bytes) -> str | None:
        signatures.check_standard(raw, request.headers, secret, clock.now())
        return id_of("generic", raw)

    return check
