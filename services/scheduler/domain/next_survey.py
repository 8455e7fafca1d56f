"""When a customer is surveyed next, by which campaign, and why not earlier."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.scheduler.domain.audience import turns_at
from services.scheduler.domain.campaign import Campaign, Clock, Kind, Running
from services.scheduler.domain.customer import (
    TAKEN_BACK,
    Customer,
    NextSurvey,
    Outcome,
    Past,
    Survey,
    counting,
    last,
)
from services.scheduler.domain.limits import Rules, first_allowed, zone_of

FIRST, RECURRING, ONE_TIME = "first", "recurring", "one-time"
MAX_RETRY_DAYS = 30
TRIGGERED = frozenset({Kind.TRANSACTIONAL, Kind.IN_APP})


@dataclass(frozen=True, slots=True)
class Hold:
    """What moved a date later, and to when."""

    by: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one campaign has in mind for the customer.

    `reason` names the rule that set `rule_at`, which decides between campaigns; `at` is where the holds moved it.
    Where `rule_at` is None, `reason` says why the campaign does not survey.
    """

    campaign: Campaign
    matches: bool = True
    reason: str
    rule_at: datetime | None = None
    at: datetime | None = None
    holds: tuple[Hold, ...] = ()

    @property
    def held_by(self) -> tuple[str, ...]:
        """The names of what holds it back."""
        return tuple(hold.by for hold in self.holds)


def next_survey(
    customer: Customer, running: Sequence[Running], rules: Rules, now: datetime, past: Past | None = None
) -> NextSurvey:
    """The next survey. A moment that is past means: at once.

    The earliest date wins; equal dates by the campaign's priority, then its age.
    """
    blocked, past = block(customer), past or Past.of(customer)
    facts = customer.facts_with(past.last_survey_at)
    wishes = [] if blocked else [_wish(customer, past, one.campaign) for one in running if one.audience.matches(facts)]
    dated = [wish for wish in wishes if wish.rule_at is not None]
    if dated:
        first = dated[0] if len(dated) == 1 else min(dated, key=_place_in_line)
        return _dated(past, _pushed_back(first, customer, past, rules, now))
    return NextSurvey(
        kind="scheduled" if any(wish.reason == "triggered" for wish in wishes) else "none",
        reason=blocked or (_why_none(wishes) if running else "no-active-campaign"),
        last_survey_at=past.last_survey_at,
    )


def look_at(customer: Customer, running: Sequence[Running], now: datetime, past: Past) -> datetime | None:
    """When an audience that looks back from now may begin or cease to match; None where none does."""
    clauses = [clause for one in running for clause in one.looks_back]
    return turns_at(customer.facts_with(past.last_survey_at), clauses, now) if clauses else None


def block(customer: Customer) -> str | None:
    """Why nobody may survey this customer at all."""
    if customer.profile is None or customer.profile.get("deleted_at") is not None:
        return "deleted"
    return customer.status.replace("_", "-") if customer.status else None


def verdicts(
    customer: Customer, running: Sequence[Running], rules: Rules, now: datetime, past: Past | None = None
) -> list[Verdict]:
    """What each campaign has in mind for a customer who may be surveyed."""
    past = past or Past.of(customer)
    facts = customer.facts_with(past.last_survey_at)
    return [
        verdict(customer, past, one.campaign, rules, now)
        if one.audience.matches(facts)
        else Verdict(campaign=one.campaign, matches=False, reason="audience-not-matched")
        for one in running
    ]


def refuses(customer: Customer, campaign: Campaign) -> bool:
    """Whether the customer wants no more of this campaign, or of its brand."""
    return campaign.id in customer.refused_campaigns or campaign.brand_id in customer.refused_brands


def verdict(customer: Customer, past: Past, campaign: Campaign, rules: Rules, now: datetime) -> Verdict:
    """What a campaign has in mind for somebody of its audience."""
    wish = _wish(customer, past, campaign)
    return wish if wish.rule_at is None else _pushed_back(wish, customer, past, rules, now)


def _wish(customer: Customer, past: Past, campaign: Campaign) -> Verdict:
    """What it would do if there were nothing but its own rules: that is what decides between campaigns."""
    if refuses(customer, campaign):
        return Verdict(campaign=campaign, reason="refused")
    if campaign.kind in TRIGGERED:
        return Verdict(campaign=campaign, reason="triggered")
    if campaign.kind is Kind.LINK:
        return Verdict(campaign=campaign, reason="by-link")
    if not (customer.profile or {}).get("email"):
        return Verdict(campaign=campaign, reason="no-address")
    on_clock, before = _on_clock(campaign, past)
    reason, at = _by_rule(customer, campaign, before)
    if at is None:
        return Verdict(campaign=campaign, reason=reason)
    if campaign.activated_at is not None and campaign.activated_at > at:
        at = campaign.activated_at  # Whoever was due long before it was switched on is due when it was.
    line = _Line(at)
    if past.history:
        missed, every = _missed(customer, campaign, past), campaign.schedule.every_days
        taken_back = max([survey.at for survey in missed if survey.state == TAKEN_BACK], default=None)
        if taken_back is not None and every is None:
            return Verdict(campaign=campaign, reason=TAKEN_BACK)
        line.hold("awaiting-outcome", _outcome_by(on_clock))
        line.hold(TAKEN_BACK, taken_back and taken_back + timedelta(days=every or 0))
        line.hold("retry-later", _retry_at(customer, [one for one in missed if one.state != TAKEN_BACK]))
    return Verdict(campaign=campaign, reason=reason, rule_at=line.at, at=line.at, holds=tuple(line.holds))


def _pushed_back(wish: Verdict, customer: Customer, past: Past, rules: Rules, now: datetime) -> Verdict:
    """What is left of it once all else is heard."""
    campaign, at = wish.campaign, wish.rule_at
    assert at is not None  # noqa: S101
    line = _Line(at, wish.holds)
    _push_back(line, customer, past, campaign, rules)
    if campaign.send_window is not None:
        line.hold("send-window", _opens(campaign, customer, rules, line.at, now))
    return Verdict(campaign=campaign, reason=wish.reason, rule_at=at, at=line.at, holds=tuple(line.holds))


def earliest(
    customer: Customer, campaign: Campaign, rules: Rules, at: datetime, now: datetime, *, any_hour: bool = False
) -> tuple[datetime, tuple[str, ...]]:
    """When something due at a moment may go out, and what holds it until then."""
    line = _Line(at)
    _push_back(line, customer, Past.of(customer), campaign, rules)
    if campaign.send_window is not None and not any_hour:
        line.hold("send-window", _opens(campaign, customer, rules, line.at, now))
    return line.at, tuple(hold.by for hold in line.holds)


def _push_back(line: "_Line", customer: Customer, past: Past, campaign: Campaign, rules: Rules) -> None:
    """The person's own rest, the mailbox's, the company's, and the campaign's daily cap."""
    line.hold("paused", customer.paused_until)
    if campaign.kind is not Kind.IN_APP:
        line.hold("soft-bounced", customer.resting_until)
    if past.rested_since is not None and rules.quiet_period_days:
        line.hold("quiet-period", past.rested_since + timedelta(days=rules.quiet_period_days))
    line.hold("daily-cap", _turn(customer, campaign))


class _Line:
    """A date on its way back in line."""

    __slots__ = ("at", "holds")

    def __init__(self, at: datetime, holds: Iterable[Hold] = ()) -> None:
        self.at = at
        self.holds = list(holds)

    def hold(self, by: str, until: datetime | None) -> None:
        """Move it where it would come too early."""
        if until is not None and until > self.at:
            self.at = until
            self.holds.append(Hold(by, until))


def _by_rule(customer: Customer, campaign: Campaign, before: datetime | None) -> tuple[str, datetime | None]:
    """The first-survey rule for whom the campaign's clock shows no survey yet, else the recurring rule.

    A one-time campaign has one date for everyone, and asks nobody twice, whatever became of it.
    """
    schedule = campaign.schedule
    if campaign.kind is Kind.ONE_TIME_EMAIL:
        if campaign.id in customer.claims:
            return "already-surveyed", None
        return ONE_TIME, schedule.starts_at or campaign.activated_at
    if before is None:
        if schedule.first_after_days is None:
            return "first-survey-off", None
        added: datetime = (customer.profile or {})["created_at"]
        return FIRST, added + timedelta(days=schedule.first_after_days)
    if schedule.every_days is None:
        return "recurring-off", None
    return RECURRING, before + timedelta(days=schedule.every_days)


def _on_clock(campaign: Campaign, past: Past) -> tuple[tuple[Survey, ...], datetime | None]:
    """The surveys that its rules look at, and the last of them."""
    if campaign.schedule.clock is Clock.ANY_CAMPAIGN:
        return past.counting, past.last_survey_at
    own = tuple([survey for survey in past.counting if survey.campaign_id == campaign.id])
    return own, last(own)


def _outcome_by(on_clock: Sequence[Survey]) -> datetime | None:
    """While a request may still become a mail, no other one is made."""
    return max([survey.expires_at for survey in on_clock if survey.outcome is Outcome.OPEN], default=None)


def _missed(customer: Customer, campaign: Campaign, past: Past) -> list[Survey]:
    """The campaign's requests that came to nothing, since its last survey that counts and since a reset."""
    own = tuple([survey for survey in past.history if survey.campaign_id == campaign.id])
    missed = [survey for survey in own if survey.outcome is Outcome.MISSED]
    if missed:
        since = max(filter(None, (customer.reset_at, last(counting(own, None)))), default=None)
        missed = [survey for survey in missed if since is None or survey.at > since]
    return missed


def _retry_at(customer: Customer, missed: Sequence[Survey]) -> datetime | None:
    """After requests that came to nothing by themselves: again a day later, then two, four and so on up to 30.

    What was suppressed is free at once where the customer's deliverability has changed since.
    """
    if not missed:
        return None
    latest = max(missed, key=lambda survey: (survey.at, survey.dispatch_id))
    if latest.suppressed and customer.status_at is not None and customer.status_at > latest.at:
        return None
    return latest.at + timedelta(days=min(2 ** min(len(missed) - 1, 10), MAX_RETRY_DAYS))


def _turn(customer: Customer, campaign: Campaign) -> datetime | None:
    """The day on which the customer's turn comes, where the campaign's daily cap was reached before."""
    turn = customer.turns.get(campaign.id)
    return turn.until if turn is not None and turn.cap == campaign.daily_cap else None


def _opens(campaign: Campaign, customer: Customer, rules: Rules, at: datetime, now: datetime) -> datetime:
    """The first moment at which the window is open; where that went by unused, the next one from now."""
    window, zone = campaign.send_window, zone_of((customer.profile or {}).get("timezone"), rules)
    opens = first_allowed(window, zone, at)
    if opens >= now:
        return opens
    opens_from_now = first_allowed(window, zone, now)
    return opens_from_now if now < opens_from_now else opens


def _place_in_line(verdict: Verdict) -> tuple[object, ...]:
    return verdict.rule_at, -verdict.campaign.priority, verdict.campaign.created_at, verdict.campaign.id


def _dated(past: Past, verdict: Verdict) -> NextSurvey:
    return NextSurvey(
        kind="dated",
        reason=verdict.reason,
        at=verdict.at,
        campaign_id=verdict.campaign.id,
        campaign_name=verdict.campaign.name,
        held_by=verdict.held_by,
        last_survey_at=past.last_survey_at,
        rule_at=verdict.rule_at,
        capped=verdict.campaign.daily_cap is not None,
    )


def _why_none(wishes: Sequence[Verdict]) -> str:
    """The reason that is nearest to a survey."""
    reasons = {wish.reason for wish in wishes}
    for reason in (
        "triggered",
        "no-address",
        "refused",
        "recurring-off",
        "first-survey-off",
        "already-surveyed",
        TAKEN_BACK,
        "by-link",
    ):
        if reason in reasons:
            return reason
    return "no-campaign-matches"
