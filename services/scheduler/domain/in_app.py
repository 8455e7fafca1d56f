"""Whether a campaign shows itself to somebody in the app now, by what was shown before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.scheduler.domain.campaign import Campaign, Running
from services.scheduler.domain.customer import Customer, counting, last
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import block, earliest, refuses
from services.scheduler.domain.parts import InApp, Questions
from services.scheduler.domain.triggers import sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How often the latest round of a campaign was shown to somebody, and whether it was dismissed."""

    campaign_id: str
    customer_id: str
    cycle: int
    dispatch_id: str
    shown: int = 0
    first_at: datetime
    last_at: datetime
    dismissed_at: datetime | None = None

    @property
    def id(self) -> str:
        """Unique for campaign and customer."""
        return f"{self.campaign_id}|{self.customer_id}"


@dataclass(frozen=True, slots=True)
class Offer:
    """It is shown, as this round."""

    cycle: int


@dataclass(frozen=True, slots=True)
class Not:
    """It is not shown."""

    reason: str


def offer(
    customer: Customer, one: Running, shown: Shown | None, answered_at: datetime | None, rules: Rules, now: datetime
) -> Offer | Not:
    """Whether to show a campaign, the round that goes on or a new one; `answered_at` is of the latest round."""
    campaign, rule = one.campaign, one.campaign.in_app or InApp()
    against = _against(customer, one, rule)
    if against:
        return Not(against)
    claim = customer.claims.get(campaign.id)
    latest = claim.cycle if claim else 0
    if shown is not None and shown.cycle == latest:
        ended_at = _ended_at(shown, answered_at, rule)
        if ended_at is None:
            return Offer(latest)
        if rule.every_days is None:
            return Not("already-asked")
        if ended_at + timedelta(days=rule.every_days) > now:
            return Not("too-soon")
    before = last(counting(customer.history, None))
    if before is not None and before + timedelta(days=rule.min_days_between) > now:
        return Not("too-soon")
    at, held_by = earliest(customer, campaign, rules, now, now)
    return Not(held_by[-1]) if at > now else Offer(latest + 1)


def _against(customer: Customer, one: Running, rule: InApp) -> str | None:
    blocked = block(customer)
    if blocked in {"deleted", "unsubscribed"}:
        return blocked
    if refuses(customer, one.campaign):
        return "refused"
    if not sampled(rule.sample_percent, one.campaign.id, customer.id):
        return "not-in-sample"
    return None if one.audience.matches(customer.facts) else "audience-not-matched"


def _ended_at(shown: Shown, answered_at: datetime | None, rule: InApp) -> datetime | None:
    """When the round was over; None while it goes on."""
    over = answered_at or shown.dismissed_at
    return over or (shown.last_at if shown.shown >= rule.max_shown else None)


def seen(shown: Shown, now: datetime) -> Shown:
    """Shown once more."""
    return replace(shown, shown=shown.shown + 1, last_at=now)


def asked_in(language: str | None, campaign: Campaign) -> tuple[str, Questions | None]:
    """The language to ask in, and what is asked: the person's where there is one, else the campaign's own."""
    questions: Mapping[str, Questions] = campaign.questions
    wishes = [wish for wish in (language, (language or "").split("-")[0], campaign.default_language) if wish]
    found = next((wish for wish in wishes if wish in questions), campaign.default_language)
    return found, questions.get(found)
