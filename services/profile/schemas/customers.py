"""The HTTP bodies of profile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.integrations import CustomerFacts
from sounding_contracts.payload import Id, Name

from chassis import filters
from services.profile.domain.customer import TEXT_FIELDS, Customer, listed
from services.profile.domain.email import canonical_email
from services.profile.domain.finding import SORTS

_OWN = {name: filters.Field(filters.Kind.TEXT, f"fields.{name}") for name in TEXT_FIELDS if name != "email"}
CUSTOMER_FIELDS: Mapping[str, filters.Field] = {
    **_OWN,
    "email": filters.Field(filters.Kind.TEXT, "canonical_email", folded=True),
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
    """What to change; what is left out stays, null clears. Tags and properties as in a sync event."""

    pinned: Pins | None = None


class CustomerDraft(CustomerEdit):
    """A customer to be made by hand."""

    external_ids: dict[Name, Id] = Field(default_factory=dict, description="What integrations call it, by their name.")


class Deliverability(BaseModel):
    """Whether the customer may be surveyed; `status` null: yes."""

    status: str | None = None
    evidence: dict[str, Any] | None = None
    changed_at: datetime | None = None


class NextSurvey(BaseModel):
    """When the next survey goes out and why, or why none does."""

    kind: str = Field(description="`dated`, `scheduled` or `none`.")
    at: datetime | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    reason: str
    held_by: list[str] = []
    last_survey_at: datetime | None = None


class CustomerBody(BaseModel):
    """A customer, with all that the profile page shows."""

    id: str
    version: int = Field(description="For `If-Match`.")
    first_name: str | None
    last_name: str | None
    job_title: str | None
    company: str | None
    email: str | None
    phone: str | None
    city: str | None
    state: str | None
    country: str | None
    language: str | None
    timezone: str | None
    external_ids: dict[str, str]
    tags: list[str]
    properties: dict[str, Any]
    pinned: list[str]
    source: str
    source_detail: str | None
    status: str | None = Field(description="Null: may be surveyed. `unsubscribed`, `hard_bounced`, `non_deliverable`.")
    deliverability: Deliverability
    last_score: int | None
    score_trend: list[int] = Field(description="The last five scores, oldest first.")
    next_survey: NextSurvey | None
    delivery_stats: dict[str, Any]
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None

    @classmethod
    def of(cls, customer: Customer, projected: dict[str, Any]) -> "CustomerBody":
        """A customer with what other services know of it."""
        deliverability = Deliverability.model_validate(projected.get("deliverability") or {})
        scores: list[int] = projected.get("scores", [])
        return cls(
            **{name: customer.text(name) for name in TEXT_FIELDS},
            id=customer.id,
            version=customer.seq,
            external_ids=dict(customer.external_ids),
            tags=customer.tag_labels,
            properties={name: listed(value) for name, value in customer.property_values.items()},
            pinned=sorted(customer.pinned),
            source=customer.source,
            source_detail=customer.source_detail,
            status=deliverability.status,
            deliverability=deliverability,
            last_score=scores[-1] if scores else None,
            score_trend=scores,
            next_survey=projected.get("next_survey"),
            delivery_stats=projected.get("delivery_stats") or {},
            created_at=customer.created_at,
            changed_at=customer.changed_at,
            deleted_at=customer.deleted_at,
        )


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
    sort: str = Field(default="id", description=f"One of {', '.join(SORTS)}; with a minus in front from the end.")

    def query(self) -> dict[str, Any]:
        """The filter for the store. Raises `Invalid` that names the place in the filter."""
        return filters.parse(self.filter, CUSTOMER_FIELDS).query()


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
    """How many; `exact` false: at least so many."""

    count: int
    exact: bool


class CountBody(Wanted):
    """What to count, and how far."""

    up_to: int = Field(default=100_000, ge=1, le=1_000_000, description="Counting ends here.")


def wanted_of(*, email: str | None, q: str | None, sort: str) -> Wanted:
    """What the parameters of a list ask for. Raises `Invalid` for what can be no address."""
    clause = {"field": "email", "op": "eq", "value": canonical_email(email)} if email else None
    return Wanted(filter=clause or {}, q=q, sort=sort)
