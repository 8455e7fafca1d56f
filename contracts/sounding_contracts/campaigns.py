"""`scheduler.campaigns.v1`: the campaigns."""

from typing import Any, ClassVar

from pydantic import Field

from sounding_contracts.payload import Part, Payload, UtcDatetime


class Schedule(Part):
    """When a recurring campaign surveys."""

    first_after_days: int | None = Field(default=None, description="Days after the customer was added.")
    every_days: int | None = Field(default=None, description="Days between surveys; null: only the first.")
    clock: str = Field(default="any_campaign", description="`any_campaign` or `this_campaign`.")


class SendWindow(Part):
    """Days and hours in the customer's zone; `from_minute` after `to_minute` means overnight."""

    weekdays: list[int] = Field(description="ISO: 1 is Monday.")
    from_minute: int
    to_minute: int


class Reminder(Part):
    """One reminder: how long after the mail before it, on what condition, with which template."""

    after_hours: int
    condition: str = Field(description="`not_opened` or `not_answered`.")
    template_id: str | None = None


class Questions(Part):
    """What the survey page asks, in one language."""

    question: str
    low_label: str = ""
    high_label: str = ""
    comment_questions: dict[str, str] = Field(
        default_factory=dict, description="By class (`promoter`, …), `default` for the rest."
    )
    thanks: str = ""


class CampaignChanged(Payload):
    """A campaign as it now is.

    On `scheduler.campaigns.v1`, keyed by campaign, compacted. Readers map a `kind`, `metric` or
    `state` that they do not know to "unknown" and leave the campaign alone.
    """

    type: ClassVar[str] = "campaign.changed"

    id: str
    name: str
    kind: str = Field(description="`recurring_email`, `one_time_email`, `transactional`, `in_app`, `link`.")
    metric: str = Field(description="`nps` (0–10), `csat` (1–5), `ces` (1–7), `five_star` (1–5).")
    state: str = Field(description="`draft`, `active`, `paused`, `finished`.")
    version: int
    priority: int = 0
    audience: dict[str, Any] = Field(default_factory=dict, description="A filter; empty: everyone.")
    template_id: str
    brand_id: str
    schedule: Schedule = Field(default_factory=Schedule)
    send_window: SendWindow | None = None
    daily_cap: int | None = None
    expires_after_hours: int = Field(default=48, description="How long after its date a survey may still be sent.")
    reminders: list[Reminder] = Field(default_factory=list)
    default_language: str = "en"
    questions: dict[str, Questions] = Field(default_factory=dict, description="By language.")
    created_at: UtcDatetime
    changed_at: UtcDatetime
    activated_at: UtcDatetime | None = None
