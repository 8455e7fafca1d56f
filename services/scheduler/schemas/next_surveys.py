"""Bodies of the next survey."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.scheduler.domain.customer import NextSurvey
from services.scheduler.domain.next_survey import Verdict


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
