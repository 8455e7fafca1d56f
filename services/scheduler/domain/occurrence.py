"""An occurrence: one round of a campaign for one customer, begun once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.errors import Conflict
from services.scheduler.domain.campaign import Campaign, Kind
from services.scheduler.domain.customer import Claim, Customer, NextSurvey, Outcome, counting, last
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import RECURRING, block, refuses
from services.scheduler.domain.parts import Channel

BY_MAIL = frozenset({Kind.RECURRING_EMAIL, Kind.ONE_TIME_EMAIL, Kind.TRANSACTIONAL})
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
    reminder_number: int | None = None
    reminds_of: str | None = None
    template_id: str | None = None
    channel: Channel = Channel.EMAIL
    trigger_id: str | None = None

    @property
    def id(self) -> str:
        """Unique for campaign, customer and cycle, and for each reminder of it."""
        reminder = f"|{self.reminder_number}" if self.reminder_number is not None else ""
        return f"{self.campaign_id}|{self.customer_id}|{self.cycle}{reminder}"


def begin(
    customer: Customer, survey: NextSurvey, campaign: Campaign, now: datetime, dispatch_id: DispatchId
) -> Occurrence:
    """The round that is now due. It follows the last one of this campaign; its hours begin when it is claimed."""
    return _next(customer, campaign, "recurring" if survey.reason == RECURRING else "initial", now, dispatch_id)


def begin_triggered(
    customer: Customer, campaign: Campaign, trigger_id: str, now: datetime, dispatch_id: DispatchId
) -> Occurrence:
    """The round that a trigger begins."""
    return replace(_next(customer, campaign, "transactional", now, dispatch_id), trigger_id=trigger_id)


def begin_in_app(customer: Customer, campaign: Campaign, now: datetime, dispatch_id: DispatchId) -> Occurrence:
    """The round that begins as it is shown in the app."""
    return replace(_next(customer, campaign, "in_app", now, dispatch_id), channel=Channel.IN_APP)


def _refuse_at_rest(customer: Customer, now: datetime) -> None:
    if customer.paused_until is not None and customer.paused_until > now:
        code, reason = "customer-not-surveyable", "This customer asked for a rest from surveys."
        raise Conflict(code, reason, held_by="paused", until=customer.paused_until.isoformat())
    if customer.resting_until is not None and customer.resting_until > now:
        code, reason = (
            "customer-not-surveyable",
            "Mails to this customer came back lately; the mailbox rests for a while.",
        )
        raise Conflict(code, reason, held_by="soft-bounced", until=customer.resting_until.isoformat())


def begin_by_hand(
    customer: Customer, campaign: Campaign, rules: Rules, now: datetime, dispatch_id: DispatchId
) -> Occurrence:
    """A round that a person asks for, whatever the audience, the schedule and the window say.

    Raises `Conflict` where the customer may not be surveyed, is being surveyed by this campaign already,
    or has the company's rest between two surveys.
    """
    if not campaign.runs or campaign.kind not in BY_MAIL:
        code, reason = "campaign-not-sending", "Only a running e-mail campaign can send a survey."
        raise Conflict(code, reason, field="campaign_id")
    against = block(customer) or (None if (customer.profile or {}).get("email") else "no-address")
    if against:
        code, reason = "customer-not-surveyable", f"This customer cannot be surveyed: {against}."
        raise Conflict(code, reason, held_by=against)
    if refuses(customer, campaign):
        code, reason = "customer-not-surveyable", "This customer wants no more surveys of this campaign or its brand."
        raise Conflict(code, reason, held_by="refused")
    _refuse_at_rest(customer, now)
    own = [survey.outcome for survey in customer.history if survey.campaign_id == campaign.id]
    if Outcome.OPEN in own:
        code, reason = "survey-under-way", "This campaign has a survey on its way to the customer."
        raise Conflict(code, reason, held_by="awaiting-outcome")
    before, rest = last(counting(customer.history, None)), timedelta(days=rules.quiet_period_days)
    if before is not None and before + rest > now:
        code, reason = (
            "quiet-period",
            f"The company lets customers rest {rules.quiet_period_days} days between surveys.",
        )
        raise Conflict(code, reason, held_by="quiet-period", until=(before + rest).isoformat())
    return _next(customer, campaign, "manual", now, dispatch_id)


def _next(customer: Customer, campaign: Campaign, reason: str, now: datetime, dispatch_id: DispatchId) -> Occurrence:
    before = customer.claims.get(campaign.id)
    cycle = before.cycle + 1 if before else 1
    return Occurrence(
        campaign_id=campaign.id,
        customer_id=customer.id,
        cycle=cycle,
        dispatch_id=dispatch_id(campaign.id, customer.id, cycle),
        reason=reason,
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
    turns = {id_: turn for id_, turn in customer.turns.items() if id_ != occurrence.campaign_id}
    return replace(customer, claims={**customer.claims, occurrence.campaign_id: claim}, turns=turns)
