"""What a mail is made of, before it is one."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a mail is for."""

    id: str
    email: str | None = None
    canonical_email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    language: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What outbox must know of a campaign."""

    id: str
    name: str
    state: str
    metric: str
    template_id: str
    brand_id: str
    default_language: str = "en"
    questions: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The face of a mail."""

    id: str
    seq: int = 0
    name: str
    sender_name: str
    sender_email: str
    reply_to: str | None = None
    public_url: str | None = None
    color: str = "#1f5f8b"
    logo_url: str | None = None
    postal_address: str | None = None
    default_language: str = "en"
    unsubscribe_scope: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A template in one language: Liquid in subject, MJML source and plain text."""

    subject: str
    mjml: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template: the same mail in several languages."""

    id: str
    seq: int = 0
    name: str
    languages: dict[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail ready to be handed over."""

    message_id: str
    return_path: str
    recipient: str
    subject_line: str
    data: bytes


def language_for(template: Template, *wishes: str | None) -> str:
    """The first wish that the template has, by its full tag, then by its language alone; else its first."""
    for wish in wishes:
        for tag in (wish, wish.split("-")[0] if wish else None):
            if tag in template.languages:
                return str(tag)
    return next(iter(template.languages))


SCALES = {"nps": range(11), "csat": range(1, 6), "ces": range(1, 8), "five_star": range(1, 6)}


def scale(metric: str) -> range:
    """The scores that a metric offers."""
    return SCALES.get(metric, SCALES["nps"])
