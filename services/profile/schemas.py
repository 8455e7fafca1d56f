"""The HTTP bodies of profile."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.profile.domain.customer import TEXT_FIELDS, Customer, listed

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class CustomerEdit(BaseModel):
    """Fields to change; those left out stay, null clears."""

    model_config = ConfigDict(extra="forbid")

    first_name: Text | None = None
    last_name: Text | None = None
    job_title: Text | None = None
    company: Text | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] | None = None
    phone: Text | None = None
    city: Text | None = None
    state: Text | None = None
    country: Text | None = None
    language: Text | None = None
    timezone: Text | None = None

    def values(self) -> dict[str, str | None]:
        """What was said; an empty text is null."""
        return {name: getattr(self, name) or None for name in TEXT_FIELDS if name in self.model_fields_set}


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
