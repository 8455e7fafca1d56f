"""Mails from templates: compiled once per version, filled per recipient, MIME with the signed links."""

from datetime import datetime
from functools import partial

from chassis.tokens import Links
from services.outbox.adapters.mime import Head, assemble
from services.outbox.adapters.signing import Signer
from services.outbox.adapters.templates.compiling import Compiler, Filled
from services.outbox.adapters.templates.values import line, values
from services.outbox.adapters.ways import Signposts, Ways
from services.outbox.domain import return_path
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.links import tracked
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient
from services.outbox.domain.template import Template, language_for
from services.outbox.settings import Settings


class Renderer:
    """Makes mails for one deployment."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._settings, self._signposts = settings, Signposts(settings, links)
        self._keys = [key.get_secret_value() for key in settings.chassis.signing_keys]
        self._signer = Signer(settings.dkim_folder)
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
        head = Head(
            sender_name=line(brand.sender_name),
            sender_email=brand.sender_email,
            recipient_name=line(" ".join(filter(None, (recipient.first_name, recipient.last_name))))[:100],
            recipient_email=str(recipient.canonical_email),
            reply_to=brand.reply_to,
            subject=line(filled.subject),
            date=now,
            # The same on every try, also where the brand has changed since: the receiver may have kept the first.
            message_id=dispatch.message_id or f"<{dispatch.id}@{_domain(brand.sender_email)}>",
            list_unsubscribe=ways.list_unsubscribe,
            feedback_id=f"{dispatch.campaign_id}:{dispatch.reason}:sounding",
            language=language,
        )
        mail = Mail(
            dispatch_id=dispatch.id,
            message_id=head.message_id,
            return_path=return_path.make(dispatch.id, brand.bounce_domain or self._settings.bounce_domain, self._keys),
            recipient=head.recipient_email,
            subject_line=head.subject,
            data=self._signer.signed(assemble(head, filled.text, filled.html), brand, now),
        )
        return mail, language

    def fill(
        self, recipient: Recipient, campaign: Campaign, template: Template, brand: Brand, ways: Ways
    ) -> tuple[Filled, str]:
        """The template's parts for one customer, and their language. Raises one of `sandbox.FAULTS`."""
        language = language_for(template, recipient.language, campaign.default_language, brand.default_language)
        given = values(recipient, campaign, brand, language, ways)
        return self._compiler.compiled(template, language).fill(*given), language


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
