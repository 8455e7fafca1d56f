"""Bodies of the next survey."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from chassis.filters import Clause
from services.scheduler.domain.customer import NextSurvey
from services.scheduler.domain.next_survey import Verdict


class ClauseBody(BaseModel):
    """One clause of an audience, and whether it holds for the customer."""

    place: str = Field(description="Where it stands in the audience.")
    field: str
    op: str
    value: Any = None
    holds: bool

    @classmethod
    def of(cls, clause: Clause, facts: Mapping[str, Any]) -> "ClauseBody":
        """A clause as JSON."""
        value = list(clause.value) if isinstance(clause.value, tuple) else clause.value
        return cls(place=clause.place, field=clause.name, op=clause.op, value=value, holds=clause.matches(facts))


class HoldBody(BaseModel):
    """Something that moved a date later, and to when."""

    by: str
    until: datetime


class CampaignVerdict(BaseModel):
    """What one campaign has in mind for the customer."""

    campaign_id: str
    campaign_name: str
    matches: bool
    clauses: list[ClauseBody] = Field(description="Every clause of the audience.")
    unmet: list[str] = Field(description="The clauses of the audience that do not hold, by their place in it.")
    reason: str = Field(description="The rule that sets the date (`first`, `recurring`), or why there is none.")
    rule_at: datetime | None = Field(description="The date by the rule; the earliest wins between campaigns.")
    at: datetime | None = Field(description="The date after what holds it back.")
    held_by: list[str]
    holds: list[HoldBody] = Field(description="What holds it back, in its order, and until when.")


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


def verdict_body(verdict: Verdict, clauses: list[ClauseBody]) -> CampaignVerdict:
    """A verdict as JSON."""
    return CampaignVerdict(
        campaign_id=verdict.campaign.id,
        campaign_name=verdict.campaign.name,
        matches=verdict.matches,
        clauses=clauses,
        unmet=[clause.place for clause in clauses if not clause.holds],
        reason=verdict.reason,
        rule_at=verdict.rule_at,
        at=verdict.at,
        held_by=list(verdict.held_by),
        holds=[HoldBody(by=hold.by, until=hold.until) for hold in verdict.holds],
    )
