"""`feedback.autoreply-requests.v1`: mails that follow an answer."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Payload, UtcDatetime


class AutoreplyRequested(Payload):
    """A customer who answered is to get a mail for it, by a rule of the company.

    On `feedback.autoreply-requests.v1`, keyed by customer, kept 30 days.
    Readers treat a second request with the same `autoreply_id` as the first one; there is one for each answer at most.
    """

    type: ClassVar[str] = "autoreply.requested"

    autoreply_id: str = Field(description="Same for every copy of this request, for ever; of its own for each answer.")
    response_id: str = Field(description="The answer that it follows.")
    dispatch_id: str | None = Field(default=None, description="The survey that was answered; null: through a link.")
    customer_id: str
    campaign_id: str
    rule_id: str = Field(description="The rule that asks for it.")
    template_id: str
    requested_at: UtcDatetime
    not_before: UtcDatetime
    expires_at: UtcDatetime = Field(description="Never sent after this moment.")
