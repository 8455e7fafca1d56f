"""The mail servers that take our mail: which one next, with TLS by policy, signed in where it asks for that."""

import ssl
from functools import cache

from aiosmtplib import SMTP, SMTPException

from services.outbox.settings import Settings


class TlsRequiredError(SMTPException):
    """The server offers no STARTTLS, and the policy is not to send without."""


class Relays:
    """Connects to one relay after another, beginning with a different one for each worker, until one answers."""

    def __init__(self, settings: Settings, number: int = 0) -> None:
        self._settings, self._turn = settings, number
        self._tls = _tls_context(settings.smtp_tls_ca, verify=settings.smtp_tls == "verify")

    @property
    def place(self) -> str:
        """What is paced of it: the relay whose turn it is."""
        host, port = self._settings.relays[self._turn % len(self._settings.relays)]
        return f"relay:{host}:{port}"

    async def connected(self) -> SMTP:
        """A connection after EHLO, STARTTLS and AUTH. Raises what the last relay's trouble was."""
        places = self._settings.relays
        for tried in range(len(places)):
            host, port = places[self._turn % len(places)]
            try:
                return await self._connected(host, port)
            except (SMTPException, OSError, TimeoutError):
                self._turn += 1
                if tried + 1 == len(places):
                    raise
        raise OSError("no relay is set")

    async def _connected(self, host: str, port: int) -> SMTP:
        settings = self._settings
        client = SMTP(
            hostname=host,
            port=port,
            local_hostname=settings.smtp_hello,
            timeout=settings.command_seconds,
            start_tls=False,
        )
        try:
            await client.connect()
            await client.ehlo()
            await self._secure(client, host)
            if settings.smtp_username is not None and settings.smtp_password is not None:
                if settings.smtp_tls != "none" and not client.get_transport_info("sslcontext"):
                    raise TlsRequiredError("the server offers no STARTTLS, and a password is not sent without")
                await client.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        except BaseException:
            client.close()
            raise
        return client

    async def _secure(self, client: SMTP, host: str) -> None:
        policy = self._settings.smtp_tls
        if policy == "none":
            return
        if client.supports_extension("starttls"):
            await client.starttls(tls_context=self._tls, server_hostname=host)
            await client.ehlo()
        elif policy != "opportunistic":
            raise TlsRequiredError("the server offers no STARTTLS")


@cache
def _tls_context(ca: str | None, *, verify: bool) -> ssl.SSLContext:
    """`verify` checks the certificate and its name; otherwise TLS keeps out who only listens.

    One for all workers: each would need 50 ms to load what it trusts.
    """
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
