"""Bodies of campaigns."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from sounding_contracts.payload import to_utc_milliseconds

from services.scheduler.domain.campaign import Campaign, Clock, Kind, Metric, State
from services.scheduler.schemas.audience import check_audience
from services.scheduler.schemas.common import Body, CampaignId, Label, Language, Reference
from services.scheduler.schemas.parts import (
    FurtherQuestionBody,
    InAppBody,
    LinkBody,
    QuestionsBody,
    ReminderBody,
    TriggerBody,
)
from services.scheduler.schemas.triggers import conditions

Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    AfterValidator(to_utc_milliseconds),
]


class ScheduleBody(Body):
    """When a recurring campaign surveys, and a one-time one begins."""

    first_after_days: int | None = Field(
        default=None, ge=0, le=3650, description="Days after the customer was added; null: no first survey."
    )
    every_days: int | None = Field(
        default=None, ge=1, le=3650, description="Days after the last survey; null: only the first."
    )
    clock: Clock = Field(
        default=Clock.ANY_CAMPAIGN, description="Whose surveys count: of any campaign, or only its own."
    )
    starts_at: Moment | None = Field(
        default=None, description="When a one-time campaign begins; null: as soon as it is activated."
    )


class SendWindowBody(Body):
    """Days and minutes of the day in the customer's zone; from after to means overnight."""

    weekdays: tuple[int, ...] = Field(description="1 is Monday, 7 Sunday.", max_length=7)
    from_minute: int = Field(description="0 to 1439.")
    to_minute: int = Field(description="0 to 1440; before `from_minute`: on the next day.")


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
    further_questions: list[FurtherQuestionBody] = Field(
        default_factory=list, max_length=10, description="After the rating and the question that fits its class."
    )
    trigger: TriggerBody | None = Field(default=None, description="Of a transactional campaign.")
    in_app: InAppBody | None = Field(default=None, description="Of an in-app campaign.")
    link: LinkBody | None = Field(default=None, description="Of a link campaign.")

    def values(self) -> dict[str, Any]:
        """What was said. Raises `Invalid` where a filter cannot be read."""
        said = self.model_dump(exclude_unset=True)
        if "audience" in said:
            check_audience(self.audience)
        self.check_conditions()
        return said

    def check_conditions(self) -> None:
        """Raise `Invalid` where the trigger's conditions cannot be read."""
        if self.trigger is not None:
            conditions(self.trigger.conditions)


class CampaignDraft(CampaignEdit):
    """A new campaign; it begins as a draft."""

    id: CampaignId | None = Field(
        default=None, description="Yours to choose: creating the same campaign twice makes one. Left out: a fresh id."
    )
    name: Label

    def values(self) -> dict[str, Any]:
        """All values, without the id. Raises `Invalid` where a filter cannot be read."""
        check_audience(self.audience)
        self.check_conditions()
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
    further_questions: list[FurtherQuestionBody]
    trigger: TriggerBody | None
    in_app: InAppBody | None
    link: LinkBody | None
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


class CampaignLink(BaseModel):
    """The public address of a link campaign; it takes answers while the campaign is active."""

    campaign_id: str
    customer_id: str | None
    state: State
    url: str


class CampaignPreview(BaseModel):
    """Where a campaign's survey can be tried, step by step, in any state; nothing is stored there."""

    campaign_id: str
    url: str


class DuplicateBody(Body):
    """What the copy is called; it begins as a draft."""

    id: CampaignId | None = Field(default=None, description="Yours to choose; left out: a fresh one.")
    name: Label | None = Field(default=None, description="Left out: the name of the first, with (copy).")


class CampaignVersions(BaseModel):
    """What a campaign said, newest first; `next` goes into `before` for the following page."""

    items: list[CampaignBody]
    next: int | None = None
