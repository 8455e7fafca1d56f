"""`outbox.bounces.v1`: facts about mails that came back or were complained about."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Payload, UtcDatetime


class BounceRecorded(Payload):
    """A mail came back.

    On `outbox.bounces.v1`, keyed by customer, kept 90 days. Each is a fact of its own: `id` is its subject.
    """

    type: ClassVar[str] = "bounce.recorded"

    id: str
    customer_id: str
    dispatch_id: str
    campaign_id: str | None = None
    kind: str = Field(description="`hard`, `soft`, `policy` (not the address's fault).")
    status: str | None = Field(default=None, description="Enhanced status code, such as 5.1.1.")
    evidence: str = Field(description="The reply or report line, without the address.")
    occurred_at: UtcDatetime


class ComplaintRecorded(Payload):
    """The recipient reported a mail as unwanted; it counts as unsubscribing.

    On `outbox.bounces.v1`, keyed by customer, kept 90 days.
    """

    type: ClassVar[str] = "complaint.recorded"

    id: str
    customer_id: str
    dispatch_id: str | None = None
    campaign_id: str | None = None
    evidence: str
    occurred_at: UtcDatetime
