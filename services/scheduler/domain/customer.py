"""A customer as scheduling sees it: facts for audiences, what was sent, what was claimed, what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

TAKEN_BACK = "taken-back"
"""The state of a request that somebody took back before it went out: the only one that is not made again by itself."""


class Outcome(StrEnum):
    """What became of a request to survey somebody."""

    OPEN = "open"
    """Not known yet: it may have been sent, or may still be."""
    SURVEYED = "surveyed"
    """It went out, or nobody can tell that it did not."""
    MISSED = "missed"
    """It is certain that nothing went out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One request to survey the customer, and what became of it.

    `at` is when it was sent, else when it was requested or ended; until `expires_at` it may still go out.
    """

    dispatch_id: str
    campaign_id: str
    outcome: Outcome
    at: datetime
    expires_at: datetime
    suppressed: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The latest round of a campaign that was begun for the customer."""

    cycle: int
    dispatch_id: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A campaign's daily cap was reached: the customer's turn comes on a later day, as long as the cap stays so."""

    until: datetime
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSurvey:
    """When the customer is surveyed next: `dated`, `scheduled` (by an event) or `none`, and why.

    `rule_at` is the date before anything held it back: the place in line.
    """

    kind: str
    reason: str
    at: datetime | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    held_by: tuple[str, ...] = ()
    last_survey_at: datetime | None = None
    rule_at: datetime | None = None
    capped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer; `profile` is None until who it is was heard, and again once erased.

    `version` is that of the rules under which it was looked at, kept beside it.
    At `look_at` an audience that looks back from now may begin or cease to match. `told_at` is when others were told of
    `next` last.
    """

    id: str
    seq: int = 0
    version: int = field(default=0, compare=False)
    profile: Mapping[str, Any] | None = None
    erased: bool = False
    status: str | None = None
    status_at: datetime | None = None
    paused_until: datetime | None = None
    resting_until: datetime | None = None
    refused_campaigns: tuple[str, ...] = ()
    refused_brands: tuple[str, ...] = ()
    last_score: int | None = None
    surveys: tuple[Survey, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    turns: Mapping[str, Turn] = field(default_factory=dict)
    reset_at: datetime | None = None
    next: NextSurvey | None = None
    look_at: datetime | None = None
    told_at: datetime | None = field(default=None, compare=False)

    @property
    def due_at(self) -> datetime | None:
        """When to look whether to survey."""
        dated = self.next.at if self.next else None
        return min(filter(None, (dated, self.look_at)), default=None)

    def is_due(self, now: datetime) -> bool:
        """Whether a survey is to go out."""
        return self.next is not None and self.next.at is not None and self.next.at <= now

    @property
    def history(self) -> tuple[Survey, ...]:
        """All requests, those too of which nothing was heard yet."""
        if not self.claims:
            return self.surveys
        heard = {survey.dispatch_id for survey in self.surveys}
        if heard.issuperset([claim.dispatch_id for claim in self.claims.values()]):
            return self.surveys
        silent = (
            Survey(
                dispatch_id=claim.dispatch_id,
                campaign_id=campaign_id,
                outcome=Outcome.OPEN,
                at=claim.at,
                expires_at=claim.expires_at,
            )
            for campaign_id, claim in self.claims.items()
            if claim.dispatch_id not in heard
        )
        return (*self.surveys, *silent)

    @property
    def last_survey_at(self) -> datetime | None:
        """The last survey in any campaign since the date was reset."""
        return last(counting(self.history, self.reset_at))

    @property
    def facts(self) -> dict[str, Any]:
        """What audiences ask about."""
        return self.facts_with(self.last_survey_at)

    def facts_with(self, last_survey_at: datetime | None) -> dict[str, Any]:
        """The same, for whoever has the last survey at hand."""
        return {
            "profile": self.profile or {},
            "status": self.status,
            "last_score": self.last_score,
            "last_survey_at": last_survey_at,
        }


@dataclass(frozen=True, slots=True)
class Past:
    """All requests of a customer, and those of them that count: read once for all campaigns."""

    history: tuple[Survey, ...]
    counting: tuple[Survey, ...]
    last_survey_at: datetime | None
    rested_since: datetime | None
    """The last survey, whatever was reset."""

    @classmethod
    def of(cls, customer: Customer) -> "Past":
        """The past of a customer."""
        history = customer.history
        if not history:
            return _NOTHING
        counts = counting(history, customer.reset_at)
        until = last(counts)
        return cls(history, counts, until, until if customer.reset_at is None else last(counting(history, None)))


_NOTHING = Past((), (), None, None)


def counting(history: tuple[Survey, ...], reset_at: datetime | None) -> tuple[Survey, ...]:
    """The surveys that count: not missed, and not before a reset. One that may still go out counts as sent."""
    return tuple(
        [
            survey
            for survey in history
            if survey.outcome is not Outcome.MISSED and (reset_at is None or _settled_at(survey) > reset_at)
        ]
    )


def last(surveys: tuple[Survey, ...]) -> datetime | None:
    """When the latest of them was."""
    return max([survey.at for survey in surveys], default=None)


def _settled_at(survey: Survey) -> datetime:
    return survey.expires_at if survey.outcome is Outcome.OPEN else survey.at
