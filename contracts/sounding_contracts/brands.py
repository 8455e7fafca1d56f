"""`outbox.brands.v1`: the faces under which a company surveys."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Payload, UtcDatetime


class BrandChanged(Payload):
    """A brand as it now is.

    On `outbox.brands.v1`, keyed by brand, compacted.
    """

    type: ClassVar[str] = "brand.changed"

    id: str
    name: str
    sender_name: str
    sender_email: str
    reply_to: str | None = None
    public_url: str | None = Field(default=None, description="Where survey pages live, if not the default.")
    color: str = Field(default="#1f5f8b", description="Accent colour, `#rrggbb`.")
    background_color: str = Field(default="#f3f6f9", description="Around mails and pages, `#rrggbb`.")
    logo_url: str | None = None
    postal_address: str | None = None
    default_language: str = "en"
    unsubscribe_scope: str = Field(default="all", description="`all` surveys or this `brand` only.")
    bounce_domain: str | None = Field(default=None, description="Domain of the return path, if not the default.")
    dkim_selector: str | None = None
    changed_at: UtcDatetime
