"""Templates and brands."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.domain.mail import Brand
from services.outbox.domain.template import Template, Text

Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
Address = Annotated[str, StringConstraints(pattern=r"^[^\s@\x00-\x1f<>\"]{1,64}@[^\s@\x00-\x1f<>\"]{1,255}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]{1,500}$")]


class TextBody(BaseModel):
    """A template in one language; Liquid in all three."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[Line, StringConstraints(min_length=1)]
    mjml: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000)]


class TemplatePut(BaseModel):
    """A template, whole."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, StringConstraints(min_length=1)]
    languages: dict[Language, TextBody] = Field(min_length=1, max_length=60)

    def template(self, id_: str) -> Template:
        """As the domain has it."""
        texts = {tag: Text(**body.model_dump()) for tag, body in self.languages.items()}
        return Template(id=id_, name=self.name, languages=texts)


class TemplateBody(TemplatePut):
    """A template as it now is."""

    id: str
    version: int

    @classmethod
    def of(cls, template: Template) -> "TemplateBody":
        """From the domain."""
        texts = {
            tag: TextBody(subject=text.subject, mjml=text.mjml, text=text.text)
            for tag, text in template.languages.items()
        }
        return cls(id=template.id, version=template.seq, name=template.name, languages=texts)


class BrandPut(BaseModel):
    """A brand, whole."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, StringConstraints(min_length=1)]
    sender_name: Line
    sender_email: Address
    reply_to: Address | None = None
    public_url: Url | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f5f8b"
    logo_url: Url | None = None
    postal_address: Line | None = None
    default_language: Language = "en"
    unsubscribe_scope: Annotated[str, StringConstraints(pattern="^(all|brand)$")] = "all"

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
