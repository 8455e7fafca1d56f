"""`outbox.deliverability.v1`: who may be mailed at all."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Part, Payload, UtcDatetime


class Evidence(Part):
    """Why a customer cannot be surveyed: when, by whom or what."""

    at: UtcDatetime
    cause: str = Field(description="`recipient`, `user`, `integration`, `complaint`, `bounce`, `check`, `import`.")
    actor: str | None = Field(default=None, description="Id of the user or API key, where one did it.")
    campaign_id: str | None = None
    dispatch_id: str | None = None
    smtp_reply: str | None = None
    note: str | None = None


class DeliverabilityChanged(Payload):
    """Whether a customer may be surveyed.

    On `outbox.deliverability.v1`, keyed by customer, compacted.
    """

    type: ClassVar[str] = "deliverability.changed"

    customer_id: str
    status: str | None = Field(
        default=None, description="Null: may be surveyed. `unsubscribed`, `hard_bounced`, `non_deliverable`."
    )
    evidence: Evidence | None = None
    paused_until: UtcDatetime | None = Field(
        default=None, description="The person asked for a rest: no survey before this moment."
    )
    refused_campaigns: list[str] = Field(
        default_factory=list, description="Campaigns of which the person wants no more."
    )
    refused_brands: list[str] = Field(
        default_factory=list, description="Brands of whose campaigns the person wants no more."
    )
    resting_until: UtcDatetime | None = Field(
        default=None,
        description="Mails came back from the mailbox for a reason that may pass: no mail before this moment.",
    )
    changed_at: UtcDatetime
