"""`profile.customers.v1`: who the customers are."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Part, Payload, UtcDatetime

PropertyValue = bool | int | float | str | list[str]
"""Text, number, boolean, list of texts; a date is the text `YYYY-MM-DD` or an RFC 3339 moment."""


class CustomerState(Part):
    """The personal data and attributes of a customer."""

    first_name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    company: str | None = None
    email: str | None = Field(default=None, description="As typed, trimmed.")
    phone: str | None = Field(default=None, description="As typed.")
    phone_e164: str | None = Field(default=None, description="As the whole world can dial it, where it can be read.")
    city: str | None = None
    state: str | None = Field(default=None, description="As given.")
    state_code: str | None = Field(default=None, description="ISO 3166-2, such as `AT-9`, where it is known.")
    state_name: str | None = Field(default=None, description="What it is called there, where it is known.")
    country: str | None = Field(default=None, description="ISO 3166-1 alpha-2, such as `AT`; as given where unknown.")
    country_name: str | None = Field(default=None, description="In English, in short, where it is known.")
    language: str | None = Field(default=None, description="BCP 47, such as `de` or `pt-BR`.")
    timezone: str | None = Field(default=None, description="IANA name, such as `Europe/Vienna`.")
    external_ids: dict[str, str] = Field(default_factory=dict, description="Id in each source, by source.")
    tags: list[str] = Field(default_factory=list)
    properties: dict[str, PropertyValue] = Field(default_factory=dict)


class CustomerChanged(CustomerState, Payload):
    """A customer as it now is.

    On `profile.customers.v1`, keyed by customer, compacted. A tombstone means erased:
    forget all that you hold of the person. A lower or equal `seq` than one you know is old news.
    """

    type: ClassVar[str] = "customer.changed"

    id: str
    canonical_email: str | None = Field(
        default=None, description="Case-folded, IDNA-normalised address: equal for equal mailboxes."
    )
    source: str = Field(description="How it was added: `manual`, `csv` or the integration's name.")
    source_detail: str | None = Field(default=None, description="For `csv`: file and row.")
    created_at: UtcDatetime
    changed_at: UtcDatetime
    deleted_at: UtcDatetime | None = Field(default=None, description="Set when deleted: nobody may survey it.")
