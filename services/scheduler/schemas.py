"""The HTTP bodies of scheduler, and the fields that an audience may ask about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis import filters
from services.scheduler.domain.campaign import Campaign, Clock, Kind, Metric, State
from services.scheduler.domain.customer import NextSurvey
from services.scheduler.domain.next_survey import Verdict
from services.scheduler.domain.occurrence import Occurrence

_TEXTS = ("first_name", "last_name", "job_title", "company", "email", "phone", "city", "state", "country")
AUDIENCE_FIELDS: Mapping[str, filters.Field] = {
    **{
        name: filters.Field(filters.Kind.TEXT, f"profile.{name}")
        for name in (*_TEXTS, "language", "timezone", "source")
    },
    "created_at": filters.Field(filters.Kind.MOMENT, "profile.created_at"),
    "tags": filters.Field(filters.Kind.LABELS, "profile.tag_keys", folded=True),
    "properties.*": filters.Field(filters.Kind.ANY, "profile.properties.*"),
    "status": filters.Field(filters.Kind.TEXT, "status"),
    "last_score": filters.Field(filters.Kind.NUMBER, "last_score"),
    "last_survey_at": filters.Field(filters.Kind.MOMENT, "last_survey_at"),
}


def audience(tree: object) -> filters.Filter:
    """An audience, ready to be asked. Raises `Invalid` with the place and the reason."""
    return filters.parse(tree, AUDIENCE_FIELDS, place="audience")


CampaignId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100)]
AnswerClass = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Body(BaseModel):
    """A body from outside: what it does not know is refused by name."""

    model_config = ConfigDict(extra="forbid")


class ScheduleBody(Body):
    """When a recurring campaign surveys."""

    first_after_days: int | None = Field(
        default=None, ge=0, le=3650, description="Days after the customer was added; null: no first survey."
    )
    every_days: int | None = Field(
        default=None, ge=1, le=3650, description="Days after the last survey; null: only the first."
    )
    clock: Clock = Field(
        default=Clock.ANY_CAMPAIGN, description="Whose surveys count: of any campaign, or only its own."
    )


class SendWindowBody(Body):
    """Days and minutes of the day in the customer's zone; from after to means overnight."""

    weekdays: tuple[int, ...] = Field(description="1 is Monday, 7 Sunday.", max_length=7)
    from_minute: int = Field(description="0 to 1439.")
    to_minute: int = Field(description="0 to 1440; before `from_minute`: on the next day.")


class ReminderBody(Body):
    """One reminder."""

    after_hours: int = Field(ge=1, le=24 * 90)
    condition: Literal["not_opened", "not_answered"]
    template_id: Reference | None = None


class QuestionsBody(Body):
    """What is asked, in one language."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    low_label: Label | Literal[""] = ""
    high_label: Label | Literal[""] = ""
    comment_questions: dict[AnswerClass, Text] = Field(default_factory=dict, max_length=20)
    thanks: Text = ""


class CampaignEdit(Body):
    """What is to change; what is left out stays."""

    name: Label = ""
    kind: Kind = Kind.RECURRING_EMAIL
    metric: Metric = Metric.NPS
    priority: int = Field(default=0, ge=-1000, le=1000, description="The higher wins on equal dates.")
    audience: dict[str, Any] = Field(default_factory=dict, description="A filter over customers; empty: everyone.")
    template_id: Reference = "default"
    brand_id: Reference = "default"
    schedule: ScheduleBody = Field(default_factory=ScheduleBody)
    send_window: SendWindowBody | None = None
    daily_cap: int | None = Field(default=None, ge=1)
    expires_after_hours: int = Field(default=48, ge=1, le=720, description="Never sent later than this after its date.")
    reminders: list[ReminderBody] = Field(default_factory=list, max_length=5)
    default_language: Language = "en"
    questions: dict[Language, QuestionsBody] = Field(default_factory=dict, max_length=60)

    def values(self) -> dict[str, Any]:
        """What was said. Raises `Invalid` where the audience cannot be read."""
        said = self.model_dump(exclude_unset=True)
        if "audience" in said:
            audience(self.audience)
        return said


class CampaignDraft(CampaignEdit):
    """A new campaign; it begins as a draft."""

    id: CampaignId | None = Field(
        default=None, description="Yours to choose: creating the same campaign twice makes one. Left out: a fresh id."
    )
    name: Label

    def values(self) -> dict[str, Any]:
        """All values, without the id. Raises `Invalid` where the audience cannot be read."""
        audience(self.audience)
        return self.model_dump(exclude={"id"})


class CampaignBody(BaseModel):
    """A campaign as it now is."""

    id: str
    version: int = Field(description="For `If-Match`.")
    name: str
    kind: Kind
    metric: Metric
    state: State
    priority: int
    audience: dict[str, Any]
    template_id: str
    brand_id: str
    schedule: ScheduleBody
    send_window: SendWindowBody | None
    daily_cap: int | None
    expires_after_hours: int
    reminders: list[ReminderBody]
    default_language: str
    questions: dict[str, QuestionsBody]
    created_at: datetime
    changed_at: datetime
    activated_at: datetime | None

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignBody":
        """A campaign as JSON."""
        return cls.model_validate({"version": campaign.seq, **plain(campaign)}, from_attributes=True)


def plain(campaign: Campaign) -> dict[str, Any]:
    """Its values by name."""
    return {name: getattr(campaign, name) for name in Campaign.__slots__ if name != "seq"}


class CampaignPage(BaseModel):
    """Campaigns by id; `next` goes into `after` for the following page."""

    items: list[CampaignBody]
    next: str | None = None


class RulesBody(Body):
    """The company's rules, for all campaigns."""

    quiet_period_days: int = Field(default=0, ge=0, le=3650, description="Days between any two surveys; 0: no rest.")
    timezone: str = Field(default="UTC", max_length=100, description="IANA zone of customers whose own is not known.")


class CampaignVerdict(BaseModel):
    """What one campaign has in mind for the customer."""

    campaign_id: str
    campaign_name: str
    matches: bool
    unmet: list[str] = Field(description="The clauses of the audience that do not hold, by their place in it.")
    reason: str = Field(description="The rule that sets the date (`first`, `recurring`), or why there is none.")
    rule_at: datetime | None = Field(description="The date by the rule; the earliest wins between campaigns.")
    at: datetime | None = Field(description="The date after what holds it back.")
    held_by: list[str]


class NextSurveyBody(BaseModel):
    """The next survey of a customer, and how every running campaign has it."""

    customer_id: str
    kind: Literal["dated", "scheduled", "none"]
    at: datetime | None
    campaign_id: str | None
    campaign_name: str | None
    reason: str
    held_by: list[str]
    last_survey_at: datetime | None
    campaigns: list[CampaignVerdict]

    @classmethod
    def of(cls, customer_id: str, survey: NextSurvey, campaigns: list[CampaignVerdict]) -> "NextSurveyBody":
        """The next survey as JSON."""
        return cls(
            customer_id=customer_id,
            kind=survey.kind,
            at=survey.at,
            campaign_id=survey.campaign_id,
            campaign_name=survey.campaign_name,
            reason=survey.reason,
            held_by=list(survey.held_by),
            last_survey_at=survey.last_survey_at,
            campaigns=campaigns,
        )


def verdict_body(verdict: Verdict, unmet: list[str]) -> CampaignVerdict:
    """A verdict as JSON."""
    return CampaignVerdict(
        campaign_id=verdict.campaign.id,
        campaign_name=verdict.campaign.name,
        matches=verdict.matches,
        unmet=unmet,
        reason=verdict.reason,
        rule_at=verdict.rule_at,
        at=verdict.at,
        held_by=list(verdict.held_by),
    )


class SendBody(Body):
    """Whom to survey."""

    customer_id: Reference


class SentBody(BaseModel):
    """A survey that was asked for; outbox has its record under `dispatch_id` a moment later."""

    dispatch_id: str
    campaign_id: str
    customer_id: str
    requested_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, occurrence: Occurrence) -> "SentBody":
        """The answer to who asked for it."""
        return cls(
            dispatch_id=occurrence.dispatch_id,
            campaign_id=occurrence.campaign_id,
            customer_id=occurrence.customer_id,
            requested_at=occurrence.not_before,
            expires_at=occurrence.expires_at,
        )
