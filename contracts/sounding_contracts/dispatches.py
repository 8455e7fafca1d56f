"""`scheduler.dispatch-requests.v1` and `outbox.dispatches.v1`: surveys to be sent, and what became of them."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Part, Payload, UtcDatetime


class DispatchRequested(Payload):
    """A survey is to be sent to one customer.

    On `scheduler.dispatch-requests.v1`, keyed by customer, kept 30 days.
    Readers treat a second request with the same `dispatch_id` as the first one.
    """

    type: ClassVar[str] = "dispatch.requested"

    dispatch_id: str = Field(description="Same for every copy of this request, for ever.")
    customer_id: str
    campaign_id: str
    reason: str = Field(description="`initial`, `recurring`, `manual`, `reminder`, `transactional`, `in_app`.")
    cycle: int = Field(default=1, description="Which round of the campaign this is for the customer.")
    reminder_number: int | None = Field(default=None, description="1 to 5 on a reminder.")
    reminds_of: str | None = Field(default=None, description="On a reminder: the first dispatch of its round.")
    template_id: str | None = Field(default=None, description="A reminder's own; null: the campaign's.")
    channel: str = Field(default="email", description="`email` or `in_app` (shown already when it is requested).")
    trigger_id: str | None = Field(default=None, description="The trigger that it follows.")
    requested_at: UtcDatetime
    not_before: UtcDatetime
    expires_at: UtcDatetime = Field(description="Never sent after this moment.")


class SmtpReply(Part):
    """What the receiving server said."""

    code: int
    text: str
    at: UtcDatetime


class DispatchChanged(Payload):
    """A survey record as it now is: its whole life, from requested to responded.

    On `outbox.dispatches.v1`, keyed by dispatch, in the partition of its customer, compacted.
    Readers map a `state` that they do not know to "unknown".
    """

    type: ClassVar[str] = "dispatch.changed"

    id: str
    customer_id: str
    campaign_id: str
    reason: str = Field(description="`initial`, `recurring`, `manual`, `reminder`, `transactional`, `in_app`.")
    channel: str = "email"
    state: str = Field(
        description="`requested`, `queued`, `sending`, `sent`, `delivered`, `opened`, `clicked`, `responded`, `suppressed`,"
        " `expired`, `bounced`, `failed`, `unknown`, `ignored`."
    )
    state_reason: str | None = Field(
        default=None,
        description="Why it ended so: `too-late`, `customer-deleted`, `customer-erased`, `no-address`, `unsubscribed`,"
        " `hard_bounced`, `non_deliverable`, `same-mailbox`, `campaign-finished`, `address-not-mailable`, `not-rendered`,"
        " `no-such-mailbox`, `refused-by-server`, `no-reply`, `database-restored`, `settled-as-delivered`,"
        " `settled-as-not-delivered`, `taken-back`. Others may come.",
    )
    reminder_number: int | None = None
    reminds_of: str | None = None
    again_of: str | None = Field(
        default=None, description="The dispatch in whose place it is sent, since somebody found that it did not arrive."
    )
    template_id: str | None = None
    template_version: int | None = None
    brand_id: str | None = None
    subject_line: str | None = None
    language: str | None = None
    message_id: str | None = None
    smtp_reply: SmtpReply | None = None
    requested_at: UtcDatetime
    expires_at: UtcDatetime
    sent_at: UtcDatetime | None = None
    delivered_at: UtcDatetime | None = None
    opened_at: UtcDatetime | None = None
    clicked_at: UtcDatetime | None = None
    responded_at: UtcDatetime | None = None
    ended_at: UtcDatetime | None = Field(default=None, description="When suppressed, expired, bounced, failed, …")
    changed_at: UtcDatetime
