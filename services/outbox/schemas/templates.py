"""Templates: as they are saved, tried and checked."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.domain.finding import Finding
from services.outbox.domain.template import Template, Text
from services.outbox.schemas.fields import Address, Language, Line

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class TextBody(BaseModel):
    """A template in one language; Liquid in all parts."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[Line, StringConstraints(min_length=1)]
    preheader: Line = Field(default="", description="What the inbox shows behind the subject.")
    mjml: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000)] | None = Field(
        default=None, description="Plain text; null: made of the HTML."
    )

    def in_domain(self) -> Text:
        """As the domain has it."""
        return Text(**self.model_dump())


class TemplatePut(BaseModel):
    """A template, whole."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, StringConstraints(min_length=1)]
    default_language: Language | None = Field(
        default=None, description="For customers whose language is not there; null: the first."
    )
    languages: dict[Language, TextBody] = Field(min_length=1, max_length=60)

    def template(self, id_: str) -> Template:
        """As the domain has it."""
        texts = {tag: body.in_domain() for tag, body in self.languages.items()}
        return Template(id=id_, name=self.name, default_language=self.default_language, languages=texts)


class FindingBody(BaseModel):
    """What a check found."""

    level: str = Field(description="`error` keeps a template from being saved; `warning` does not.")
    code: str
    place: str
    reason: str

    @classmethod
    def of(cls, finding: Finding) -> "FindingBody":
        """From the domain."""
        return cls(level=str(finding.level), code=finding.code, place=finding.place, reason=finding.reason)


class FindingList(BaseModel):
    """What a check found, errors first."""

    items: list[FindingBody]


class TemplateBody(TemplatePut):
    """A template as it is in one version."""

    id: str
    version: int
    built_in: bool = False
    saved_at: datetime | None = None

    @classmethod
    def of(cls, template: Template) -> "TemplateBody":
        """From the domain."""
        return cls(**_fields(template))


class SavedTemplate(TemplateBody):
    """A template as it was saved, and what the checks say of it."""

    findings: list[FindingBody]

    @classmethod
    def made_of(cls, template: Template, findings: list[Finding]) -> "SavedTemplate":
        """From the domain."""
        return cls(**_fields(template), findings=[FindingBody.of(one) for one in findings])


def _fields(template: Template) -> dict[str, Any]:
    texts = {
        tag: TextBody(subject=text.subject, preheader=text.preheader, mjml=text.mjml, text=text.text)
        for tag, text in template.languages.items()
    }
    return {
        "id": template.id,
        "version": template.seq,
        "name": template.name,
        "default_language": template.default_language,
        "languages": texts,
        "built_in": template.built_in,
        "saved_at": template.saved_at,
    }


class VersionBody(BaseModel):
    """That a template was saved."""

    version: int
    name: str
    languages: list[str]
    saved_at: datetime | None


class VersionList(BaseModel):
    """The versions of a template, the newest first."""

    items: list[VersionBody]


class PreviewAsk(BaseModel):
    """For whom, of which campaign and brand; a sample stands in for what is not named."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    customer_id: Id | None = None
    campaign_id: Id | None = None
    brand_id: Id | None = None
    metric: Annotated[str, StringConstraints(pattern="^(nps|csat|ces|five_star)$")] | None = None
    version: int | None = Field(default=None, ge=1)
    draft: TextBody | None = Field(default=None, description="Try this text instead of what is saved.")


class PreviewBody(BaseModel):
    """A mail as it would be; its survey links lead nowhere."""

    language: str
    direction: str
    subject: str
    preheader: str
    html: str
    text: str
    size: int = Field(description="Bytes of the HTML; Gmail cuts off what is beyond 102,000.")
    warnings: list[FindingBody]


class TestAsk(BaseModel):
    """To whom a test goes; else as for a preview."""

    __test__ = False
    model_config = ConfigDict(extra="forbid")

    to: list[Address] = Field(min_length=1, max_length=5)
    language: Language | None = None
    customer_id: Id | None = None
    campaign_id: Id | None = None
    brand_id: Id | None = None
    version: int | None = Field(default=None, ge=1)


class TestResult(BaseModel):
    """What the mail server said to a test."""

    __test__ = False

    address: str
    sent: bool
    reply: str


class TestResults(BaseModel):
    """What the mail server said to each test."""

    __test__ = False

    items: list[TestResult]
