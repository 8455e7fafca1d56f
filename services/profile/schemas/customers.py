"""The HTTP bodies of profile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field, field_validator
from sounding_contracts.integrations import CustomerFacts
from sounding_contracts.payload import Id, Name

from chassis import filters
from commons.email import canonical_email
from services.profile.domain.contact import language_tag, zone
from services.profile.domain.customer import TEXT_FIELDS, Customer, listed, source_label
from services.profile.domain.finding import SORTS
from services.profile.domain.properties import infer

_OWN = {name: filters.Field(filters.Kind.TEXT, f"fields.{name}") for name in TEXT_FIELDS if name != "email"}
CUSTOMER_FIELDS: Mapping[str, filters.Field] = {
    **_OWN,
    "email": filters.Field(filters.Kind.TEXT, "canonical_email", folded=True),
    "phone_e164": filters.Field(filters.Kind.TEXT, "phone_e164"),
    "state_code": filters.Field(filters.Kind.TEXT, "state_code"),
    "id": filters.Field(filters.Kind.TEXT, "_id"),
    "source": filters.Field(filters.Kind.TEXT, "source"),
    "created_at": filters.Field(filters.Kind.MOMENT, "created_at"),
    "changed_at": filters.Field(filters.Kind.MOMENT, "changed_at"),
    "deleted": filters.Field(filters.Kind.ANY, "deletion.value"),
    "tags": filters.Field(filters.Kind.LABELS, "tag_keys", folded=True),
    "properties.*": filters.Field(filters.Kind.ANY, "properties.*"),
    "status": filters.Field(filters.Kind.TEXT, "deliverability.status"),
    "last_score": filters.Field(filters.Kind.NUMBER, "last_score"),
    "last_survey_at": filters.Field(filters.Kind.MOMENT, "next_survey.last_survey_at"),
    "next_survey_at": filters.Field(filters.Kind.MOMENT, "next_survey.at"),
    "next_campaign": filters.Field(filters.Kind.TEXT, "next_survey.campaign_id"),
    **{
        name: filters.Field(filters.Kind.NUMBER, f"delivery_stats.{name}")
        for name in ("sent", "delivered", "opened", "responded", "response_rate")
    },
    "next_survey_kind": filters.Field(filters.Kind.TEXT, "next_survey.kind"),
    "next_survey_reason": filters.Field(filters.Kind.TEXT, "next_survey.reason"),
    "source_detail": filters.Field(filters.Kind.TEXT, "source_detail"),
    "external_ids.*": filters.Field(filters.Kind.TEXT, "external_ids.*"),
    "pinned": filters.Field(filters.Kind.LABELS, "pinned"),
    "campaigns": filters.Field(filters.Kind.LABELS, "campaigns"),
}
"""What a filter may ask of a customer; `campaigns` are those that have surveyed it."""


FieldName = Literal[
    "first_name",
    "last_name",
    "job_title",
    "company",
    "email",
    "phone",
    "city",
    "state",
    "country",
    "language",
    "timezone",
]
Pins = Annotated[
    list[FieldName],
    Field(description="Fields that only people change: what integrations say of them is passed over."),
]


class CustomerEdit(CustomerFacts):
    """What to change; what is left out stays, null clears. Tags and properties as in a sync event.

    A language and a time zone must be such: whoever types them can put them right, which an integration cannot.
    """

    pinned: Pins | None = None

    @field_validator("language")
    @classmethod
    def _is_language(cls, language: str | None) -> str | None:
        if language and language_tag(language) is None:
            msg = "must be a language by BCP 47, such as de or pt-BR"
            raise ValueError(msg)
        return language

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, timezone: str | None) -> str | None:
        if timezone and zone(timezone) is None:
            msg = "must be a time zone of the IANA database, such as Europe/Vienna"
            raise ValueError(msg)
        return timezone


class CustomerDraft(CustomerEdit):
    """A customer to be made by hand."""

    external_ids: dict[Name, Id] = Field(default_factory=dict, description="What integrations call it, by their name.")


class Deliverability(BaseModel):
    """Whether the customer may be surveyed; `status` null: yes."""

    status: str | None = None
    evidence: dict[str, Any] | None = None
    changed_at: datetime | None = None
    paused_until: datetime | None = Field(default=None, description="The person asked for a rest until then.")
    refused_campaigns: list[str] = []
    refused_brands: list[str] = []


class NextSurvey(BaseModel):
    """When the next survey goes out and why, or why none does."""

    kind: str = Field(description="`dated`, `scheduled` or `none`.")
    at: datetime | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    reason: str
    held_by: list[str] = []
    last_survey_at: datetime | None = None

    @computed_field(description="As the profile shows it: a date, `Scheduled` where a trigger decides, or null.")  # type: ignore[prop-decorator]
    @property
    def shown(self) -> str | None:
        """What a reader sees."""
        if self.kind == "scheduled":
            return "Scheduled"
        return self.at.date().isoformat() if self.kind == "dated" and self.at else None


class DeliveryStats(BaseModel):
    """What became of the surveys of a customer, and which part of them was answered."""

    sent: int = 0
    delivered: int = 0
    opened: int = 0
    responded: int = 0
    response_rate: float | None = Field(default=None, description="Percent; null where nothing was sent.")
    response_rate_of: str | None = Field(
        default=None, description="`delivered` where that is known of any, else `sent`."
    )


class CustomerBody(BaseModel):
    """A customer, with all that the profile page shows."""

    id: str
    version: int = Field(description="For `If-Match`.")
    first_name: str | None
    last_name: str | None
    job_title: str | None
    company: str | None
    email: str | None
    phone: str | None = Field(description="As typed.")
    phone_e164: str | None = Field(description="As the whole world can dial it; null where it cannot be read.")
    city: str | None
    state: str | None = Field(description="As given.")
    state_code: str | None = Field(description="ISO 3166-2.")
    state_name: str | None
    country: str | None = Field(description="ISO 3166-1 alpha-2; as given where it is not known.")
    country_name: str | None
    language: str | None
    timezone: str | None
    unrecognised: list[str] = Field(
        description="Fields of which no standard knows what they say: number, place, language, zone."
    )
    external_ids: dict[str, str]
    tags: list[str]
    properties: dict[str, Any]
    property_types: dict[str, str]
    pinned: list[str]
    source: str
    source_detail: str | None
    source_label: str = Field(description="As the profile shows it.")
    status: str | None = Field(description="Null: may be surveyed. `unsubscribed`, `hard_bounced`, `non_deliverable`.")
    deliverability: Deliverability
    last_score: int | None
    score_trend: list[int] = Field(description="The last five scores, oldest first.")
    score_classes: list[str | None] = Field(
        description="What each score of the trend means on its own scale: `promoter`, `passive`, `detractor`; `satisfied`, `neutral`, "
        "`unsatisfied`. Null where it was stored by an earlier version; `sounding rebuild profile` fills it."
    )
    next_survey: NextSurvey | None
    last_survey_at: datetime | None
    delivery_stats: DeliveryStats
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None

    @classmethod
    def of(cls, customer: Customer, projected: dict[str, Any]) -> "CustomerBody":
        """A customer with what other services know of it."""
        deliverability = Deliverability.model_validate(projected.get("deliverability") or {})
        survey = projected.get("next_survey")
        scores: list[int] = projected.get("scores", [])
        return cls(
            **{name: customer.text(name) for name in TEXT_FIELDS},
            id=customer.id,
            version=customer.seq,
            external_ids=dict(customer.external_ids),
            tags=customer.tag_labels,
            **_by_standards(customer),
            properties={name: listed(value) for name, value in customer.property_values.items()},
            property_types={name: str(infer(value)) for name, value in customer.property_values.items()},
            pinned=sorted(customer.pinned),
            source=customer.source,
            source_detail=customer.source_detail,
            source_label=source_label(customer),
            status=deliverability.status,
            deliverability=deliverability,
            last_score=scores[-1] if scores else None,
            score_trend=scores,
            score_classes=projected.get("score_classes") or [None] * len(scores),
            next_survey=survey,
            last_survey_at=(survey or {}).get("last_survey_at"),
            delivery_stats=projected.get("delivery_stats") or {},
            created_at=customer.created_at,
            changed_at=customer.changed_at,
            deleted_at=customer.deleted_at,
        )


def _by_standards(customer: Customer) -> dict[str, Any]:
    contact = customer.contact
    codes = ("phone_e164", "state_code", "state_name", "country_name")
    return {**{name: getattr(contact, name) for name in codes}, "unrecognised": contact.unknown}


class CustomerPage(BaseModel):
    """Customers by id; `next` goes into `after` for the following page."""

    items: list[CustomerBody]
    next: str | None = None


class Wanted(BaseModel):
    """Which customers: those that a filter holds for, and in whose text a part is found."""

    model_config = ConfigDict(extra="forbid")

    filter: dict[str, Any] = Field(default_factory=dict, description="In the filter language; `{}` is everyone.")
    q: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None,
        description="Part of a name, address, company or external id; case and accents do not matter. "
        "Up to two letters: the start of a word.",
    )
    segment: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, description="The id of a segment: only who is in it."
    )
    sort: str = Field(default="id", description=f"One of {', '.join(SORTS)}; with a minus in front from the end.")

    def parsed(self) -> filters.Filter:
        """The filter. Raises `Invalid` that names the place in it."""
        return filters.parse(self.filter, CUSTOMER_FIELDS)


class CustomerSearch(Wanted):
    """A search, and which page of it."""

    after: str | None = Field(default=None, description="`next` of the page before.")
    limit: int = Field(default=100, ge=1, le=1000)


class CustomerExport(Wanted):
    """Which customers go into a file, by id, and of which kind."""

    sort: Literal["id"] = "id"
    format: Literal["csv", "ndjson"] = Field(
        default="csv",
        description="CSV for people, with a quote before what a spreadsheet would calculate; NDJSON for programs.",
    )


class CustomerCount(BaseModel):
    """How many; `exact` false: at least so many, or (`estimated`) about so many, judged by a sample."""

    count: int
    exact: bool
    estimated: bool = False


class CountBody(Wanted):
    """What to count, and how far."""

    up_to: int = Field(default=10_000, ge=1, le=1_000_000, description="Counting ends here.")


def wanted_of(*, email: str | None, q: str | None, segment: str | None, sort: str) -> Wanted:
    """What the parameters of a list ask for. Raises `Invalid` for what can be no address."""
    clause = {"field": "email", "op": "eq", "value": canonical_email(email)} if email else None
    return Wanted(filter=clause or {}, q=q, segment=segment, sort=sort)
