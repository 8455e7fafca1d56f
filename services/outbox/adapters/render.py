"""Mails from templates: MJML once per template, Liquid per recipient, MIME with the signed links."""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import lru_cache
from typing import Any

import css_inline
from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError
from mjml import mjml2html

from chassis.errors import Invalid
from chassis.tokens import Links
from services.outbox.domain import return_path
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient, Template, Text, language_for, scale
from services.outbox.settings import Settings

_NAMES = "first_name last_name company question low_label high_label nps_scale survey_url unsubscribe_url"
_SAMPLE: dict[str, Any] = {
    **dict.fromkeys(_NAMES.split(), "x"),
    "brand": {"name": "x", "color": "#000000", "logo_url": "x", "postal_address": "x"},
}
"""Every variable that a template may use."""
MAX_HTML = 100_000
CTE = "quoted-printable"
"""Each server takes it: no line too long, no byte above 127."""
_AS_MADE = SMTP_POLICY.clone(refold_source="none")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile(r"<(/?)([a-zA-Z][\w-]*)")


class _Limited(Environment):
    """Liquid within limits: a template is a user's, not a program."""

    loop_iteration_limit = 1000
    output_stream_limit = 500_000
    context_depth_limit = 10


_inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
_html = _Limited(autoescape=True)
_text = _Limited(autoescape=False)
_checking = _Limited(autoescape=True, undefined=StrictUndefined)


def check(text: Text, place: str) -> None:
    """Raises `Invalid` that names the part at fault: Liquid that cannot be read, an unknown variable, MJML that does not compile."""
    for name, source in (("subject", text.subject), ("mjml", text.mjml), ("text", text.text)):
        try:
            _checking.from_string(source).render(**_SAMPLE)
        except LiquidError as error:
            raise _invalid(f"{place}.{name}", str(error)) from error
    for name, source in (("mjml", text.mjml), ("text", text.text)):
        if "unsubscribe_url" not in source:
            raise _invalid(f"{place}.{name}", "it has no {{ unsubscribe_url }}: everyone must be able to say no")
    unknown = {tag for _, tag in _TAGS.findall(text.mjml) if tag.startswith("mj-") and tag not in MJML_TAGS}
    if unknown:
        raise _invalid(f"{place}.mjml", f"unknown tags: {', '.join(sorted(unknown))}")
    try:
        _compiled(text.mjml)
    except ValueError as error:
        raise _invalid(f"{place}.mjml", str(error)) from error


class Renderer:
    """Makes mails for one deployment."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._settings, self._links = settings, links
        self._keys = [key.get_secret_value() for key in settings.chassis.signing_keys]

    def mail(
        self,
        dispatch: Dispatch,
        recipient: Recipient,
        campaign: Campaign,
        template: Template,
        brand: Brand,
        now: datetime,
    ) -> tuple[Mail, str]:
        """The mail, and the language it is in. Raises `LiquidError` where the template cannot be filled."""
        language = language_for(template, recipient.language, campaign.default_language, brand.default_language)
        text = template.languages[language]
        context = self._context(dispatch, recipient, campaign, brand, language)
        subject = _line(_text.from_string(text.subject).render(**context))
        message = _message(brand, recipient, subject, now)
        # The same on every try, also where the brand has changed since: the receiver may have kept the first.
        message["Message-ID"] = dispatch.message_id or f"<{dispatch.id}@{_domain(brand.sender_email)}>"
        # As it is: Python would write a long one in encoded words, which no mail program follows.
        message.set_raw("List-Unsubscribe", self._ways_out(dispatch))
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message["Feedback-ID"] = f"{dispatch.campaign_id}:{dispatch.reason}:sounding"
        plain = {**context, "nps_scale": _plain_scale(campaign, context["survey_url"])}
        message.set_content(_text.from_string(text.text).render(**plain), cte=CTE)
        page = _inliner.inline(_html.from_string(_compiled(text.mjml)).render(**context))
        message.add_alternative(page, subtype="html", cte=CTE)
        message["Content-Language"] = language  # last: what is set before the parts goes into the first of them
        mail = Mail(
            message_id=str(message["Message-ID"]),
            return_path=return_path.make(dispatch.id, self._settings.bounce_domain, self._keys),
            recipient=str(recipient.canonical_email),
            subject_line=subject,
            data=message.as_bytes(policy=_AS_MADE).rstrip(b"\r\n"),
        )
        return mail, language

    def _unsubscribe(self, dispatch: Dispatch) -> str:
        return f"{self._settings.public_url.rstrip('/')}/u/{self._links.make('unsubscribe', dispatch.id)}"

    def _ways_out(self, dispatch: Dispatch) -> str:
        """By one click (RFC 8058); by mail too where somebody reads those."""
        ways = f"<{self._unsubscribe(dispatch)}>"
        if not self._settings.unsubscribe_address:
            return ways
        token = self._links.make("unsubscribe", dispatch.id)
        return f"{ways},\r\n <mailto:{self._settings.unsubscribe_address}?subject=unsubscribe%20{token}>"

    def _context(
        self, dispatch: Dispatch, recipient: Recipient, campaign: Campaign, brand: Brand, language: str
    ) -> dict[str, Any]:
        base = (brand.public_url or self._settings.survey_url).rstrip("/")
        survey = f"{base}/s/{self._links.make('survey', dispatch.id)}"
        asked = campaign.questions.get(language) or campaign.questions.get(campaign.default_language) or {}
        return {
            "first_name": _line(recipient.first_name or ""),
            "last_name": _line(recipient.last_name or ""),
            "company": _line(recipient.company or ""),
            "brand": {
                "name": brand.name,
                "color": brand.color,
                "logo_url": brand.logo_url,
                "postal_address": brand.postal_address,
            },
            "question": asked.get("question", ""),
            "low_label": asked.get("low_label", ""),
            "high_label": asked.get("high_label", ""),
            "nps_scale": _Safe(_scale(campaign, survey, asked)),
            "survey_url": survey,
            "unsubscribe_url": self._unsubscribe(dispatch),
        }


class _Safe(str):
    """HTML of our own making: shown as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _scale(campaign: Campaign, survey: str, asked: Mapping[str, str]) -> str:
    """The scores as links: cells that break into two rows on a narrow screen, all of one colour, so that none is urged."""
    cells = "".join(
        f'<a class="score" href="{html.escape(survey)}?score={score}" aria-label="{score}"'
        ' style="display:inline-block;width:44px;height:44px;line-height:44px;margin:2px 1px;border-radius:6px;'
        'background:#e8eef3;color:#15324a;font-weight:bold;text-decoration:none;text-align:center">'
        f"{score}</a>"
        for score in scale(campaign.metric)
    )
    ends = f"{html.escape(asked.get('low_label', ''))} &rarr; {html.escape(asked.get('high_label', ''))}"
    return (
        f'<div style="text-align:center">{cells}<p class="ends" style="font-size:13px;margin:8px 0 0">{ends}</p></div>'
    )


def _plain_scale(campaign: Campaign, survey: str) -> str:
    return "\n".join(f"{score}: {survey}?score={score}" for score in scale(campaign.metric))


def _message(brand: Brand, recipient: Recipient, subject: str, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = Address(_line(brand.sender_name), addr_spec=brand.sender_email)
    name = _line(" ".join(part for part in (recipient.first_name, recipient.last_name) if part))[:100]
    message["To"] = Address(name, addr_spec=str(recipient.canonical_email))
    message["Subject"] = subject
    message["Date"] = now
    if brand.reply_to:
        message["Reply-To"] = brand.reply_to
    return message


def _line(text: str) -> str:
    """One line without control or direction marks, of a length that a header and a reader bear."""
    return _CONTROL.sub(" ", text).strip()[:300]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


@lru_cache(maxsize=256)
def _compiled(source: str) -> str:
    return mjml2html(source)


def _invalid(field: str, reason: str) -> Invalid:
    code = "template-not-valid"
    return Invalid(code, reason, field=field)


MJML_TAGS = frozenset(
    f"mj-{name}"
    for name in [
        "head",
        "body",
        "title",
        "preview",
        "style",
        "font",
        "attributes",
        "all",
        "class",
        "section",
        "column",
        "group",
        "wrapper",
        "text",
        "button",
        "image",
        "divider",
        "spacer",
        "table",
        "raw",
        "social",
        "social-element",
        "navbar",
        "navbar-link",
        "hero",
        "breakpoint",
        "include",
        "html-attributes",
    ]
) - {"mj-include"}

__all__ = ["Renderer", "check"]
