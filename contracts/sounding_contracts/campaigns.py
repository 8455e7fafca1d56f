"""`scheduler.campaigns.v1`: the campaigns."""

from typing import Any, ClassVar

from pydantic import Field

from sounding_contracts.payload import Part, Payload, UtcDatetime


class Schedule(Part):
    """When a recurring campaign surveys, and a one-time one begins."""

    first_after_days: int | None = Field(default=None, description="Days after the customer was added.")
    every_days: int | None = Field(default=None, description="Days between surveys; null: only the first.")
    clock: str = Field(default="any_campaign", description="`any_campaign` or `this_campaign`.")
    starts_at: UtcDatetime | None = Field(default=None, description="When a one-time campaign begins; null: at once.")


class SendWindow(Part):
    """Days and hours in the customer's zone; `from_minute` after `to_minute` means overnight."""

    weekdays: list[int] = Field(description="ISO: 1 is Monday.")
    from_minute: int
    to_minute: int


class Reminder(Part):
    """One reminder: how long after the mail before it, on what condition, with which template."""

    after_hours: int
    condition: str = Field(description="`not_opened` or `not_answered` (opened, but not answered).")
    template_id: str | None = None
    channel: str = Field(default="email", description="`email` or `in_app`, whatever the campaign's own.")


class NextStep(Part):
    """Where thanks may lead on: a review page, a form to be called back."""

    label: str
    url: str


class Questions(Part):
    """What the survey page asks, in one language."""

    question: str
    low_label: str = ""
    high_label: str = ""
    comment_questions: dict[str, str] = Field(
        default_factory=dict, description="By class (`promoter`, …), `default` for the rest."
    )
    thanks: str = ""
    thanks_by_class: dict[str, str] = Field(default_factory=dict, description="Stands before `thanks` for a class.")
    next_steps: dict[str, NextStep] = Field(
        default_factory=dict, description="What thanks offer, by class; `default` for the rest."
    )


class Trigger(Part):
    """What a transactional campaign waits for."""

    type: str = Field(description="The `trigger` of a `survey.trigger` event, such as `order.delivered`.")
    conditions: dict[str, Any] = Field(default_factory=dict, description="A filter over its payload; empty: any.")
    delay_minutes: int = Field(default=0, description="How long after the trigger, where that names no delay itself.")
    sample_percent: float = Field(default=100, description="For how many of a hundred triggers.")


class InApp(Part):
    """How often an in-app campaign shows itself to one person."""

    every_days: int | None = Field(default=None, description="Days after an answer or a dismissal; null: once only.")
    max_shown: int = Field(default=3, description="How often one round is shown before it counts as dismissed.")
    min_days_between: int = Field(default=0, description="Days after any other survey.")
    sample_percent: float = Field(default=100, description="To how many of a hundred people.")


class Link(Part):
    """Who answers through the public link of a link campaign."""

    identified: bool = Field(default=False, description="True: links name a customer; false: anyone, anonymously.")


class Choice(Part):
    """One of the answers to choose from."""

    id: str
    labels: dict[str, str] = Field(description="By language.")


class ShowIf(Part):
    """When a question is asked: by the class of the score, by an earlier answer, or both."""

    classes: list[str] = Field(default_factory=list, description="`promoter`, …; empty: any.")
    question: str | None = Field(default=None, description="The id of an earlier question.")
    answers: list[str] = Field(default_factory=list, description="One of these ids of choices, or ratings as text.")


class FurtherQuestion(Part):
    """A question after the rating and the one that fits its class."""

    id: str
    kind: str = Field(description="`text`, `single_choice`, `multiple_choice`, `rating` (1 to 5).")
    texts: dict[str, str] = Field(description="By language.")
    choices: list[Choice] = Field(default_factory=list)
    required: bool = False
    show_if: ShowIf | None = None


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
    further_questions: list[FurtherQuestion] = Field(default_factory=list, description="Up to ten, in their order.")
    trigger: Trigger | None = Field(default=None, description="Of a transactional campaign.")
    in_app: InApp | None = Field(default=None, description="Of an in-app campaign.")
    link: Link | None = Field(default=None, description="Of a link campaign.")
    created_at: UtcDatetime
    changed_at: UtcDatetime
    activated_at: UtcDatetime | None = None
