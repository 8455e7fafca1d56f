"""An occurrence: one round of a campaign for one customer, begun once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.scheduler.domain.campaign import Campaign
from services.scheduler.domain.customer import Claim, Customer, NextSurvey

DispatchId = Callable[[str, str, int], str]
"""Campaign, customer, cycle: the same id for the same three, for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """The claim of a round; its id is what makes the round happen once."""

    campaign_id: str
    customer_id: str
    cycle: int
    dispatch_id: str
    reason: str
    not_before: datetime
    expires_at: datetime

    @property
    def id(self) -> str:
        """Unique for campaign, customer and cycle."""
        return f"{self.campaign_id}|{self.customer_id}|{self.cycle}"


def begin(
    customer: Customer, survey: NextSurvey, campaign: Campaign, now: datetime, dispatch_id: DispatchId
) -> Occurrence:
    """The round that is now due. It follows the last one of this campaign; its hours begin when it is claimed."""
    before = customer.claims.get(campaign.id)
    cycle = before.cycle + 1 if before else 1
    return Occurrence(
        campaign_id=campaign.id,
        customer_id=customer.id,
        cycle=cycle,
        dispatch_id=dispatch_id(campaign.id, customer.id, cycle),
        reason="initial" if survey.reason == "first" else "recurring",
        not_before=now,
        expires_at=now + timedelta(hours=campaign.expires_after_hours),
    )


def claimed(customer: Customer, occurrence: Occurrence) -> Customer:
    """The customer once the round is begun: until its outcome is known it counts as surveyed."""
    claim = Claim(
        cycle=occurrence.cycle,
        dispatch_id=occurrence.dispatch_id,
        at=occurrence.not_before,
        expires_at=occurrence.expires_at,
    )
    return replace(customer, claims={**customer.claims, occurrence.campaign_id: claim})
