"""`scheduler.next-surveys.v1`: when each customer is surveyed next, and why."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.payload import Payload, UtcDatetime


class NextSurveyChanged(Payload):
    """The next survey of a customer.

    On `scheduler.next-surveys.v1`, keyed by customer, compacted.
    """

    type: ClassVar[str] = "next-survey.changed"

    customer_id: str
    kind: str = Field(description="`dated`: at `at`; `scheduled`: by a trigger or in-app; `none`: see `reason`.")
    at: UtcDatetime | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    reason: str = Field(
        description="Which rule set it: `first`, `recurring`, `triggered`; or why there is none: `no-active-campaign`,"
        " `no-campaign-matches`, `no-address`, `refused`, `first-survey-off`, `recurring-off`, `taken-back`, `deleted`,"
        " `unsubscribed`, `hard-bounced`, `non-deliverable`. Others may come."
    )
    held_by: list[str] = Field(
        default_factory=list,
        description="What moved it later: `awaiting-outcome`, `taken-back`, `retry-later`, `paused`, `soft-bounced`,"
        " `quiet-period`, `daily-cap`, `send-window`.",
    )
    last_survey_at: UtcDatetime | None = None
    changed_at: UtcDatetime
