"""Brands."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.domain.mail import Brand
from services.outbox.domain.sender_domain import Check
from services.outbox.schemas.fields import Address, Color, Domain, Language, Line, Url


class BrandPut(BaseModel):
    """A brand, whole."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, StringConstraints(min_length=1)]
    sender_name: Line
    sender_email: Address
    reply_to: Address | None = None
    public_url: Url | None = Field(default=None, description="Where survey pages live, if not the default.")
    color: Color = "#1f5f8b"
    background_color: Color = "#f3f6f9"
    logo_url: Url | None = None
    postal_address: Line | None = None
    default_language: Language = "en"
    unsubscribe_scope: Annotated[str, StringConstraints(pattern="^(all|brand)$")] = Field(
        default="all", description="What a no refuses: `all` surveys, or those of this `brand`."
    )
    bounce_domain: Domain | None = Field(default=None, description="Domain of the return path, if not the default.")
    dkim_selector: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,63}$")] | None = Field(
        default=None, description="Under which name the key for DKIM stands in the DNS."
    )

    def brand(self, id_: str) -> Brand:
        """As the domain has it."""
        return Brand(id=id_, **self.model_dump())


class BrandBody(BrandPut):
    """A brand as it now is."""

    id: str
    version: int

    @classmethod
    def of(cls, brand: Brand) -> "BrandBody":
        """From the domain."""
        return cls(id=brand.id, version=brand.seq, **{name: getattr(brand, name) for name in BrandPut.model_fields})


class CheckBody(BaseModel):
    """One check of a sender's domain."""

    name: str
    state: str = Field(description="`pass`, `warn`, `fail`, or `unclear` where the DNS gave no answer.")
    place: str
    found: str | None
    reason: str
    wanted: str | None = Field(description="The record to set, where one is missing.")

    @classmethod
    def of(cls, check: Check) -> "CheckBody":
        """From the domain."""
        return cls(
            name=check.name,
            state=str(check.state),
            place=check.place,
            found=check.found,
            reason=check.reason,
            wanted=check.wanted,
        )


class BrandCheckBody(BaseModel):
    """Whether mails of a brand will be taken for real."""

    brand_id: str
    domain: str
    ready: bool = Field(description="Nothing fails and nothing is unclear.")
    checks: list[CheckBody]
    checked_at: datetime
