"""Survey records."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.domain.figures import response_rate, total

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
Given = Name | None


class DispatchBody(BaseModel):
    """A survey record."""

    id: str
    customer_id: str
    campaign_id: str
    campaign_name: str | None
    subject_line: str | None
    how_sent: str = Field(description="`manually`, `automatically` by the campaign, or as a `reminder`.")
    reason: str
    channel: str = "email"
    reminder_number: int | None = None
    reminds_of: str | None = None
    again_of: str | None = None
    state: str
    state_reason: str | None
    responded: bool
    language: str | None
    template_id: str | None
    brand_id: str | None
    message_id: str | None
    smtp_reply: dict[str, Any] | None
    requested_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    responded_at: datetime | None
    ended_at: datetime | None


class RecordFilter(BaseModel):
    """Which survey records; all that is given must hold."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Given = None
    campaign_id: Given = None
    campaign: Given = Field(default=None, description="Part of a campaign's name.")
    state: list[Name] = Field(default=[], max_length=20, description="One of these.")
    channel: Given = None
    reason: Given = None
    how_sent: Annotated[str | None, StringConstraints(pattern="^(manually|automatically|reminder)$")] = None
    template_id: Given = None
    brand_id: Given = None
    since: AwareDatetime | None = Field(default=None, description="Asked for then or later.")
    until: AwareDatetime | None = Field(default=None, description="Asked for before then.")
    after: Given = Field(default=None, description="`next` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class DispatchPage(BaseModel):
    """Survey records; `next` goes into `after` for the following page."""

    items: list[DispatchBody]
    next: str | None = None


class Happened(BaseModel):
    """Something that happened to a survey, or to what a customer wants."""

    at: datetime
    what: str = Field(
        description="`requested`, `sent`, `delivered`, `opened`, `clicked`, `responded`, `ended`, `fetched`, `reminder`, `settled`, `wish`."
    )
    dispatch_id: str | None = None
    detail: dict[str, Any] = {}


class Timeline(BaseModel):
    """What happened, the newest first."""

    items: list[Happened]


class MailBody(BaseModel):
    """A mail as it went out, but for its links, which lead nowhere."""

    dispatch_id: str
    subject: str
    language: str
    direction: str
    sender: str
    sent_at: datetime | None
    html: str
    text: str


class Figures(BaseModel):
    """Surveys that went out and what became of them. Reminders are counted apart."""

    sent: int
    delivered: int
    opened: int
    clicked: int
    responded: int
    ignored: int
    bounced: int
    unknown: int
    suppressed: int
    expired: int
    failed: int
    reminders: int
    response_rate: float | None
    response_rate_of: str = Field(
        description="What the rate is a share of: `delivered` where that is known, else `sent`."
    )

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, int]]) -> "Figures":
        """The sum of several."""
        sums = total(rows)
        rate, base = response_rate(sums)
        return cls(**sums, response_rate=rate, response_rate_of=base)


class DayFigures(Figures):
    """Those of the surveys of one day, by UTC."""

    day: date


class CampaignFigures(Figures):
    """Those of one campaign."""

    campaign_id: str
    campaign_name: str | None


class JudgedAgain(BaseModel):
    """How many records were looked at and changed; `next` while there are more."""

    looked: int
    changed: int
    next: str | None


class StatsBody(BaseModel):
    """Figures of a period, by day and by campaign; `waiting` records are still to be counted (a second or so)."""

    total: Figures
    days: list[DayFigures]
    campaigns: list[CampaignFigures]
    waiting: int
