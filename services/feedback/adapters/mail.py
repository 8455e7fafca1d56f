"""Mails to people inside: plain text, by a mail server of one's own."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from chassis.errors import Invalid
from commons.email import canonical_email
from services.feedback.domain.webhook import Reply

TIMEOUT_SECONDS = 10.0
Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes mails to people inside; without a host there is none."""

    host: str = ""
    port: int = 587
    sender: str = ""
    username: str | None = None
    password: str | None = None
    tls: Tls = "starttls"


class Mailer:
    """Sends mails to people inside."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def check(self, address: str) -> None:
        """Raises `Invalid` for what is no address, and where no server is set."""
        code = "mail-not-possible"
        if not self._server.host:
            raise Invalid(code, "no mail server is set: SOUNDING_FEEDBACK_ALERT_SMTP_HOST", field="url")
        try:
            canonical_email(address)
        except Invalid as error:
            raise Invalid(code, error.reason, field="url") from None

    async def send(self, address: str, subject: str, text: str, id_: str) -> Reply:
        """What the server says; a mail that is sent again has the same Message-ID."""
        server, mail = self._server, EmailMessage()
        mail["From"], mail["To"] = server.sender, canonical_email(address)
        mail["Subject"] = " ".join(subject.split())
        mail["Message-ID"] = f"<{id_.encode().hex()}@{server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        try:
            async with asyncio.timeout(3 * TIMEOUT_SECONDS):
                await aiosmtplib.send(
                    mail,
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    use_tls=server.tls == "tls",
                    start_tls=server.tls == "starttls",
                    timeout=TIMEOUT_SECONDS,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return Reply(status=error.recipients[0].code, excerpt=error.recipients[0].message[:500])
        except aiosmtplib.SMTPResponseException as error:
            return Reply(status=error.code, excerpt=error.message[:500])
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return Reply(fault="the mail server does not take it")
        return Reply(status=250)
