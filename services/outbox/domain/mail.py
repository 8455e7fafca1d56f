"""What a mail is made of, before it is one."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a mail is for."""

    id: str
    email: str | None = None
    canonical_email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    city: str | None = None
    country: str | None = None
    language: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False


_MERGED = ("first_name", "last_name", "company", "job_title", "city", "country")


def merged(recipient: Recipient, *, properties: bool) -> dict[str, Any]:
    """What a mail says of its recipient; with the properties where its template names them."""
    found = {name: value for name in _MERGED if (value := getattr(recipient, name))}
    return {**found, "properties": recipient.properties} if properties and recipient.properties else found


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
    background_color: str = "#f3f6f9"
    logo_url: str | None = None
    postal_address: str | None = None
    default_language: str = "en"
    unsubscribe_scope: str = "all"
    bounce_domain: str | None = None
    dkim_selector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail ready to be handed over."""

    dispatch_id: str
    message_id: str
    return_path: str
    recipient: str
    subject_line: str
    data: bytes


SCALES = {"nps": range(11), "csat": range(1, 6), "ces": range(1, 8), "five_star": range(1, 6)}


def scale(metric: str) -> range:
    """The scores that a metric offers."""
    return SCALES.get(metric, SCALES["nps"])
