"""Amazon SES, API v2: the mail as it is, in one `SendEmail`."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chassis import clock
from services.outbox.adapters.carriers.aws_signing import Credentials, signed
from services.outbox.adapters.carriers.http import Request
from services.outbox.domain.bounces.providers import DISPATCH
from services.outbox.domain.mail import Mail
from services.outbox.domain.provider_answers import Answered, of_ses
from services.outbox.settings import Settings

TARGET = "/v2/email/outbound-emails"


class Ses:
    """What is asked of SES, signed; and what it answers."""

    place = "api:ses"

    def __init__(self, settings: Settings) -> None:
        secret = settings.ses_secret_access_key
        self._credentials = Credentials(
            settings.ses_access_key_id, secret.get_secret_value() if secret else "", settings.ses_region, "ses"
        )
        self._token = settings.ses_session_token
        self._set = settings.ses_configuration_set
        self.url = settings.ses_url or f"https://email.{settings.ses_region}.amazonaws.com"

    def request(self, mail: Mail) -> Request:
        """Bounces go where SES is told to send them: they are matched by the tag, or by the id that SES gives."""
        asked: dict[str, Any] = {
            "Destination": {"ToAddresses": [mail.recipient]},
            "Content": {"Raw": {"Data": b64encode(mail.data + b"\r\n").decode()}},
            "EmailTags": [{"Name": DISPATCH, "Value": mail.dispatch_id}],
        }
        if self._set:
            asked["ConfigurationSetName"] = self._set
        body = json.dumps(asked).encode()
        headers = {"Host": urlsplit(self.url).netloc, "Content-Type": "application/json"}
        if self._token:
            headers["X-Amz-Security-Token"] = self._token.get_secret_value()
        all_headers = signed(self._credentials, "POST", TARGET, headers, body, clock.now())
        del all_headers["Host"]
        return Request(TARGET, all_headers, body)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Answered:
        """As `of_ses`."""
        return of_ses(status, headers.get("x-amzn-errortype", ""), body)
