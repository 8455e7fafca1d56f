"""A campaign: whom it surveys, when, with what; and how it may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chassis.errors import Conflict, Invalid
from services.scheduler.domain.audience import LooksBack
from services.scheduler.domain.limits import SendWindow, check_window
from services.scheduler.domain.parts import (
    FurtherQuestion,
    InApp,
    Link,
    Questions,
    Reminder,
    Trigger,
    check_classes,
    check_further_questions,
    check_reminders,
    check_starts_at,
)


class Kind(StrEnum):
    """How a campaign reaches people."""

    RECURRING_EMAIL = "recurring_email"
    ONE_TIME_EMAIL = "one_time_email"
    TRANSACTIONAL = "transactional"
    IN_APP = "in_app"
    LINK = "link"


class Metric(StrEnum):
    """What it measures."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    FIVE_STAR = "five_star"


class State(StrEnum):
    """How far a campaign is."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"


class Clock(StrEnum):
    """Which surveys a campaign's rules look at: those of any campaign, or only its own."""

    ANY_CAMPAIGN = "any_campaign"
    THIS_CAMPAIGN = "this_campaign"


CLASSES = ("satisfied", "neutral", "unsatisfied")
CLASSES_OF = {Metric.NPS: ("promoter", "passive", "detractor")}
"""What the scores of a metric fall into."""
TO_EVERYONE = frozenset({Kind.RECURRING_EMAIL, Kind.ONE_TIME_EMAIL})
"""Those that go through their audience by themselves."""
OWN_PART = {"trigger": Kind.TRANSACTIONAL, "in_app": Kind.IN_APP, "link": Kind.LINK}
NOT_USED = {Kind.LINK: ("send_window", "daily_cap", "reminders"), Kind.IN_APP: ("daily_cap",)}
NOT_CONTENT = ("seq", "state", "created_at", "changed_at", "activated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The first survey comes so many days after the customer was added, the next so many after the last.

    A one-time campaign begins at `starts_at`, else when it is activated.
    """

    first_after_days: int | None = None
    every_days: int | None = None
    clock: Clock = Clock.ANY_CAMPAIGN
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as it now is; `audience` is a filter as it was given."""

    id: str
    seq: int = 0
    name: str
    kind: Kind = Kind.RECURRING_EMAIL
    metric: Metric = Metric.NPS
    state: State = State.DRAFT
    priority: int = 0
    audience: Mapping[str, Any] = field(default_factory=dict)
    template_id: str
    brand_id: str
    schedule: Schedule = field(default_factory=Schedule)
    send_window: SendWindow | None = None
    daily_cap: int | None = None
    expires_after_hours: int = 48
    reminders: tuple[Reminder, ...] = ()
    default_language: str = "en"
    questions: Mapping[str, Questions] = field(default_factory=dict)
    further_questions: tuple[FurtherQuestion, ...] = ()
    trigger: Trigger | None = None
    in_app: InApp | None = None
    link: Link | None = None
    created_at: datetime
    changed_at: datetime
    activated_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether it may survey anyone now."""
        return self.state is State.ACTIVE


class Audience(Protocol):
    """A filter that can be asked whether it holds for a customer's facts."""

    def matches(self, document: Mapping[str, Any]) -> bool:
        """Whether it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An active campaign with its audience ready to be asked, and the clauses of it that look back from now."""

    campaign: Campaign
    audience: Audience
    looks_back: tuple[LooksBack, ...] = ()


def check(campaign: Campaign) -> Campaign:
    """The campaign. Raises `Invalid` where its parts do not fit together."""
    code = "campaign-not-valid"
    if campaign.send_window is not None:
        check_window(campaign.send_window)
    check_reminders(campaign.reminders)
    check_starts_at(campaign.schedule.starts_at)
    if campaign.questions and campaign.default_language not in campaign.questions:
        raise Invalid(code, "The default language must be one of those that questions has.", field="default_language")
    check_further_questions(campaign.further_questions, campaign.default_language)
    check_classes(campaign.further_questions, CLASSES_OF.get(campaign.metric, CLASSES))
    for name, kind in OWN_PART.items():
        if getattr(campaign, name) is not None and campaign.kind is not kind:
            raise Invalid(code, f"Only a campaign of the kind {kind} has it.", field=name)
    return campaign


def edit(campaign: Campaign, edited: Campaign, now: datetime) -> Campaign:
    """The campaign as it is wished to be. Raises `Conflict` where its state does not let it change so."""
    if campaign.state is State.FINISHED:
        code, reason = "campaign-finished", "A finished campaign stays as it is; make a new one."
        raise Conflict(code, reason)
    check(edited)
    for name in ("kind", "metric"):
        if campaign.activated_at is not None and getattr(edited, name) != getattr(campaign, name):
            code, reason = "campaign-was-active", f"Its {name} cannot change once it was active; make a new one."
            raise Conflict(code, reason, field=name)
    if edited.runs:
        _check_ready(edited)
    return _changed(campaign, edited, now)


def activate(campaign: Campaign, now: datetime) -> Campaign:
    """Let it survey. Raises `Conflict` where it is finished, `Invalid` where something is missing."""
    if campaign.state is State.FINISHED:
        code, reason = "campaign-finished", "A finished campaign cannot run again; make a new one."
        raise Conflict(code, reason, field="state")
    _check_ready(campaign)
    if campaign.state is State.ACTIVE:
        return campaign
    return replace(campaign, state=State.ACTIVE, activated_at=now, changed_at=now)


def pause(campaign: Campaign, now: datetime) -> Campaign:
    """Let it rest. Raises `Conflict` where it does not run."""
    if campaign.state not in {State.ACTIVE, State.PAUSED}:
        code, reason = "campaign-not-active", f"Only an active campaign can be paused; this one is {campaign.state}."
        raise Conflict(code, reason, field="state")
    return _changed(campaign, replace(campaign, state=State.PAUSED), now)


def finish(campaign: Campaign, now: datetime) -> Campaign:
    """End it for good."""
    return _changed(campaign, replace(campaign, state=State.FINISHED), now)


def same_content(one: Campaign, other: Campaign) -> bool:
    """Whether two campaigns say the same, whatever became of them since."""
    return replace(one, **{name: getattr(other, name) for name in NOT_CONTENT}) == other


def duplicate(campaign: Campaign, id_: str, name: str, now: datetime) -> Campaign:
    """A draft that says the same."""
    fresh: dict[str, Any] = {"seq": 0, "state": State.DRAFT, "created_at": now, "changed_at": now, "activated_at": None}
    return replace(campaign, id=id_, name=name, **fresh)


def _check_ready(campaign: Campaign) -> None:
    schedule = campaign.schedule
    dated = schedule.first_after_days is not None or schedule.every_days is not None
    if campaign.kind is Kind.RECURRING_EMAIL and not dated:
        code, reason = "schedule-missing", "Set first_after_days, every_days or both: so it would survey nobody."
        raise Invalid(code, reason, field="schedule")
    if campaign.kind is not Kind.RECURRING_EMAIL and dated:
        code, reason = "schedule-not-used", "Only a recurring campaign surveys by first_after_days and every_days."
        raise Invalid(code, reason, field="schedule")
    if campaign.kind is not Kind.ONE_TIME_EMAIL and schedule.starts_at is not None:
        code, reason = "schedule-not-used", "Only a one-time campaign begins at a moment."
        raise Invalid(code, reason, field="schedule.starts_at")
    if campaign.kind is Kind.TRANSACTIONAL and campaign.trigger is None:
        code, reason = "trigger-missing", "Name the trigger that it waits for: so it would survey nobody."
        raise Invalid(code, reason, field="trigger")
    for name in NOT_USED.get(campaign.kind, ()):
        if getattr(campaign, name):
            code, reason = "not-used", f"A campaign of the kind {campaign.kind} does not obey it: leave it out."
            raise Invalid(code, reason, field=name)


def _changed(before: Campaign, after: Campaign, now: datetime) -> Campaign:
    return before if after == before else replace(after, changed_at=now)
