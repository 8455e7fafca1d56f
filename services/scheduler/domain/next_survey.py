"""When a customer is surveyed next, by which campaign, and why not earlier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.scheduler.domain.campaign import Campaign, Clock, Kind, Running
from services.scheduler.domain.customer import Customer, NextSurvey, Outcome, Survey, counting, last
from services.scheduler.domain.limits import Rules, first_allowed, zone_of

FIRST, RECURRING = "first", "recurring"
MAX_RETRY_DAYS = 30
TRIGGERED = frozenset({Kind.TRANSACTIONAL, Kind.IN_APP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one campaign has in mind for the customer.

    `rule` set `rule_at`, which decides between campaigns; `at` is where the holds of `held_by` moved it.
    Where `rule_at` is None, `reason` says why the campaign does not survey.
    """

    campaign: Campaign
    matches: bool = True
    reason: str
    rule_at: datetime | None = None
    at: datetime | None = None
    held_by: tuple[str, ...] = ()


def next_survey(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> NextSurvey:
    """The next survey. A moment that is past means: at once.

    The earliest date wins; equal dates by the campaign's priority, then its age.
    """
    blocked = block(customer)
    found = [] if blocked else verdicts(customer, running, rules, now)
    dated = [verdict for verdict in found if verdict.rule_at is not None]
    if dated:
        return _dated(customer, min(dated, key=_place_in_line))
    return NextSurvey(
        kind="scheduled" if any(verdict.reason == "triggered" for verdict in found) else "none",
        reason=blocked or _why_none(found),
        last_survey_at=customer.last_survey_at,
    )


def block(customer: Customer) -> str | None:
    """Why nobody may survey this customer at all."""
    if customer.profile is None or customer.profile.get("deleted_at") is not None:
        return "deleted"
    return customer.status.replace("_", "-") if customer.status else None


def verdicts(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> list[Verdict]:
    """What each campaign has in mind for a customer who may be surveyed."""
    facts = customer.facts
    return [
        _verdict(customer, one.campaign, rules, now)
        if one.audience.matches(facts)
        else Verdict(campaign=one.campaign, matches=False, reason="audience-not-matched")
        for one in running
    ]


def _verdict(customer: Customer, campaign: Campaign, rules: Rules, now: datetime) -> Verdict:
    if campaign.kind in TRIGGERED:
        return Verdict(campaign=campaign, reason="triggered")
    if not (customer.profile or {}).get("email"):
        return Verdict(campaign=campaign, reason="no-address")
    verdict = _by_rule(customer, campaign)
    for hold in (_not_before_activation, _until_outcome, _until_retry):
        verdict = hold(verdict, customer)
    verdict = replace(verdict, rule_at=verdict.at)
    if verdict.at is None:
        return verdict
    return _in_window(_after_quiet_period(verdict, customer, rules), customer, rules, now)


def _by_rule(customer: Customer, campaign: Campaign) -> Verdict:
    """The first-survey rule for whom the campaign's clock shows no survey yet, else the recurring rule."""
    schedule, before = campaign.schedule, last(_on_clock(campaign, customer))
    if before is None:
        if schedule.first_after_days is None:
            return Verdict(campaign=campaign, reason="first-survey-off")
        added: datetime = (customer.profile or {})["created_at"]
        return Verdict(campaign=campaign, reason=FIRST, at=added + timedelta(days=schedule.first_after_days))
    if schedule.every_days is None:
        return Verdict(campaign=campaign, reason="recurring-off")
    return Verdict(campaign=campaign, reason=RECURRING, at=before + timedelta(days=schedule.every_days))


def _on_clock(campaign: Campaign, customer: Customer) -> tuple[Survey, ...]:
    surveys = counting(customer.history, customer.reset_at)
    if campaign.schedule.clock is Clock.ANY_CAMPAIGN:
        return surveys
    return tuple(survey for survey in surveys if survey.campaign_id == campaign.id)


def _not_before_activation(verdict: Verdict, customer: Customer) -> Verdict:
    """Whoever was due long before the campaign was switched on is due when it was."""
    del customer
    return _hold(verdict, verdict.campaign.activated_at, None)


def _until_outcome(verdict: Verdict, customer: Customer) -> Verdict:
    """While a request may still become a mail, no other one is made."""
    still = [survey.expires_at for survey in _on_clock(verdict.campaign, customer) if survey.outcome is Outcome.OPEN]
    return _hold(verdict, max(still, default=None), "awaiting-outcome")


def _until_retry(verdict: Verdict, customer: Customer) -> Verdict:
    """After requests that came to nothing: again a day later, then two, four and so on up to 30.

    What was suppressed is free at once where the customer's deliverability has changed since.
    """
    own = [survey for survey in customer.history if survey.campaign_id == verdict.campaign.id]
    since = max(filter(None, (customer.reset_at, last(counting(tuple(own), None)))), default=None)
    missed = [one for one in own if one.outcome is Outcome.MISSED and (since is None or one.at > since)]
    if not missed:
        return verdict
    latest = max(missed, key=lambda survey: (survey.at, survey.dispatch_id))
    if latest.suppressed and customer.status_at is not None and customer.status_at > latest.at:
        return verdict
    days = min(2 ** min(len(missed) - 1, 10), MAX_RETRY_DAYS)
    return _hold(verdict, latest.at + timedelta(days=days), "retry-later")


def _after_quiet_period(verdict: Verdict, customer: Customer, rules: Rules) -> Verdict:
    """The company's rest between any two surveys; a reset does not shorten it."""
    before = last(counting(customer.history, None))
    if before is None or not rules.quiet_period_days:
        return verdict
    return _hold(verdict, before + timedelta(days=rules.quiet_period_days), "quiet-period")


def _in_window(verdict: Verdict, customer: Customer, rules: Rules, now: datetime) -> Verdict:
    """The first moment at which the window is open; where that went by unused, the next one from now."""
    window, zone = verdict.campaign.send_window, zone_of((customer.profile or {}).get("timezone"), rules)
    if verdict.at is None:
        return verdict
    opens, opens_from_now = first_allowed(window, zone, verdict.at), first_allowed(window, zone, now)
    if opens < now < opens_from_now:
        opens = opens_from_now
    return _hold(verdict, opens, "send-window")


def _hold(verdict: Verdict, until: datetime | None, name: str | None) -> Verdict:
    if verdict.at is None or until is None or until <= verdict.at:
        return verdict
    return replace(verdict, at=until, held_by=(*verdict.held_by, name) if name else verdict.held_by)


def _place_in_line(verdict: Verdict) -> tuple[object, ...]:
    return verdict.rule_at, -verdict.campaign.priority, verdict.campaign.created_at, verdict.campaign.id


def _dated(customer: Customer, verdict: Verdict) -> NextSurvey:
    return NextSurvey(
        kind="dated",
        reason=verdict.reason,
        at=verdict.at,
        campaign_id=verdict.campaign.id,
        campaign_name=verdict.campaign.name,
        held_by=verdict.held_by,
        last_survey_at=customer.last_survey_at,
    )


def _why_none(found: Sequence[Verdict]) -> str:
    """The reason that is nearest to a survey."""
    if not found:
        return "no-active-campaign"
    reasons = {verdict.reason for verdict in found}
    for reason in ("triggered", "no-address", "recurring-off", "first-survey-off"):
        if reason in reasons:
            return reason
    return "no-campaign-matches"
