"""Mails from templates: compiled once per version, filled per recipient, MIME with the signed links."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

from chassis.tokens import Links
from services.outbox.adapters.templates.compiling import Compiler, Filled
from services.outbox.adapters.templates.values import line, values
from services.outbox.domain import return_path
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient
from services.outbox.domain.template import Template, language_for
from services.outbox.settings import Settings

CTE = "quoted-printable"
"""Each server takes it: no line too long, no byte above 127."""
_AS_MADE = SMTP_POLICY.clone(refold_source="none")


class Renderer:
    """Makes mails for one deployment."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._settings, self._links = settings, links
        self._keys = [key.get_secret_value() for key in settings.chassis.signing_keys]
        self._compiler = Compiler()

    def mail(
        self,
        dispatch: Dispatch,
        recipient: Recipient,
        campaign: Campaign,
        template: Template,
        brand: Brand,
        now: datetime,
    ) -> tuple[Mail, str]:
        """The mail, and the language it is in. Raises one of `sandbox.FAULTS` where the template cannot be filled."""
        filled, language = self.fill(dispatch, recipient, campaign, template, brand)
        subject = line(filled.subject)
        message = _message(brand, recipient, subject, now)
        # The same on every try, also where the brand has changed since: the receiver may have kept the first.
        message["Message-ID"] = dispatch.message_id or f"<{dispatch.id}@{_domain(brand.sender_email)}>"
        # As it is: Python would write a long one in encoded words, which no mail program follows.
        message.set_raw("List-Unsubscribe", self._ways_out(dispatch))
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message["Feedback-ID"] = f"{dispatch.campaign_id}:{dispatch.reason}:sounding"
        message.set_content(filled.text, cte=CTE)
        message.add_alternative(filled.html, subtype="html", cte=CTE)
        message["Content-Language"] = language  # last: what is set before the parts goes into the first of them
        mail = Mail(
            message_id=str(message["Message-ID"]),
            return_path=return_path.make(dispatch.id, brand.bounce_domain or self._settings.bounce_domain, self._keys),
            recipient=str(recipient.canonical_email),
            subject_line=subject,
            data=message.as_bytes(policy=_AS_MADE).rstrip(b"\r\n"),
        )
        return mail, language

    def fill(
        self, dispatch: Dispatch, recipient: Recipient, campaign: Campaign, template: Template, brand: Brand
    ) -> tuple[Filled, str]:
        """The template's parts for one customer, and their language. Raises one of `sandbox.FAULTS`."""
        language = language_for(template, recipient.language, campaign.default_language, brand.default_language)
        base = (brand.public_url or self._settings.survey_url).rstrip("/")
        survey = f"{base}/s/{self._links.make('survey', dispatch.id)}"
        given = values(recipient, campaign, brand, language, survey, self._unsubscribe(dispatch))
        return self._compiler.compiled(template, language).fill(*given), language

    def _unsubscribe(self, dispatch: Dispatch) -> str:
        return f"{self._settings.public_url.rstrip('/')}/u/{self._links.make('unsubscribe', dispatch.id)}"

    def _ways_out(self, dispatch: Dispatch) -> str:
        """By one click (RFC 8058); by mail too where somebody reads those."""
        ways = f"<{self._unsubscribe(dispatch)}>"
        if not self._settings.unsubscribe_address:
            return ways
        token = self._links.make("unsubscribe", dispatch.id)
        return f"{ways},\r\n <mailto:{self._settings.unsubscribe_address}?subject=unsubscribe%20{token}>"


def _message(brand: Brand, recipient: Recipient, subject: str, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = Address(line(brand.sender_name), addr_spec=brand.sender_email)
    name = line(" ".join(part for part in (recipient.first_name, recipient.last_name) if part))[:100]
    message["To"] = Address(name, addr_spec=str(recipient.canonical_email))
    message["Subject"] = subject
    message["Date"] = now
    if brand.reply_to:
        message["Reply-To"] = brand.reply_to
    return message


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
