"""Mails from templates: compiled once per version, filled per recipient, MIME with the signed links."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import partial

from chassis.tokens import Links
from services.outbox.adapters.templates.compiling import Compiler, Filled
from services.outbox.adapters.templates.values import line, values
from services.outbox.adapters.ways import Signposts, Ways
from services.outbox.domain import return_path
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.links import tracked
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient
from services.outbox.domain.template import Template, language_for
from services.outbox.settings import Settings

CTE = "quoted-printable"
"""Each server takes it: no line too long, no byte above 127."""
_AS_MADE = SMTP_POLICY.clone(refold_source="none")


class Renderer:
    """Makes mails for one deployment."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._settings, self._signposts = settings, Signposts(settings, links)
        self._keys = [key.get_secret_value() for key in settings.chassis.signing_keys]
        self._compiler = Compiler(partial(tracked, opens=settings.follow_opens, clicks=settings.follow_clicks))

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
        ways = self._signposts.ways(dispatch, brand)
        filled, language = self.fill(recipient, campaign, template, brand, ways)
        subject = line(filled.subject)
        message = _message(brand, recipient, subject, now)
        # The same on every try, also where the brand has changed since: the receiver may have kept the first.
        message["Message-ID"] = dispatch.message_id or f"<{dispatch.id}@{_domain(brand.sender_email)}>"
        # As it is: Python would write a long one in encoded words, which no mail program follows.
        message.set_raw("List-Unsubscribe", ways.list_unsubscribe)
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
        self, recipient: Recipient, campaign: Campaign, template: Template, brand: Brand, ways: Ways
    ) -> tuple[Filled, str]:
        """The template's parts for one customer, and their language. Raises one of `sandbox.FAULTS`."""
        language = language_for(template, recipient.language, campaign.default_language, brand.default_language)
        given = values(recipient, campaign, brand, language, ways)
        return self._compiler.compiled(template, language).fill(*given), language


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
