"""Postmark: the mail taken apart into what its API asks for."""

import json
from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from services.outbox.adapters.carriers.http import Request
from services.outbox.domain.bounces.providers import DISPATCH
from services.outbox.domain.mail import Mail
from services.outbox.domain.provider_answers import Answered, of_postmark
from services.outbox.settings import Settings

TARGET = "/email"
OF_POSTMARK = {"from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "dkim-signature"}
"""What stands in fields of its own, or is Postmark's to write."""


class Postmark:
    """What is asked of Postmark, and what it answers."""

    place = "api:postmark"

    def __init__(self, settings: Settings) -> None:
        token = settings.postmark_server_token
        self._token = token.get_secret_value() if token else ""
        self._stream, self.url = settings.postmark_stream, settings.postmark_url

    def request(self, mail: Mail) -> Request:
        """Our Message-ID stays, and the record's id goes along: notices name either."""
        message = message_from_bytes(mail.data, policy=default)
        kept = [(name, str(value)) for name, value in message.items() if name.lower() not in OF_POSTMARK]
        asked: dict[str, Any] = {
            "From": str(message["From"]),
            "To": str(message["To"]),
            "Subject": str(message["Subject"]),
            "HtmlBody": _part(message, "html"),
            "TextBody": _part(message, "plain"),
            "Headers": [{"Name": name, "Value": value} for name, value in [*kept, ("X-PM-KeepID", "true")]],
            "Metadata": {DISPATCH: mail.dispatch_id},
            "MessageStream": self._stream,
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if message["Reply-To"]:
            asked["ReplyTo"] = str(message["Reply-To"])
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return Request(TARGET, {**headers, "X-Postmark-Server-Token": self._token}, json.dumps(asked).encode())

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """As `of_postmark`."""
        del headers
        return of_postmark(status, body)


def _part(message: Any, kind: str) -> str:
    part = message.get_body((kind,)) if isinstance(message, EmailMessage) else None
    return str(part.get_content()) if part is not None else ""
