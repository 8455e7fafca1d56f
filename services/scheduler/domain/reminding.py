"""Reminders: whether one goes out now, later, or never, by what became of the survey that it reminds of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.scheduler.domain.campaign import Campaign, State
from services.scheduler.domain.customer import TAKEN_BACK, Customer, Outcome
from services.scheduler.domain.limits import Rules, first_allowed, zone_of
from services.scheduler.domain.next_survey import block, refuses
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.domain.parts import Channel, Condition, Reminder

LOOK_AGAIN, MAX_LATE = timedelta(minutes=15), timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The survey of a round, or a reminder of it (`number` 1 and on), and what became of it."""

    dispatch_id: str
    number: int
    outcome: Outcome
    at: datetime
    state: str
    opened: bool
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The next reminder of a round: its number, and since when its hours count. It is looked at at `due_at`.

    One that is shown in the app is offered there until a moment, since it is only sent once somebody comes.
    """

    dispatch_id: str
    customer_id: str
    campaign_id: str
    number: int
    since: datetime
    due_at: datetime | None = None
    offered_until: datetime | None = None
    ended: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """The reminder is to be asked for now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It is to be looked at again at a moment."""

    until: datetime


@dataclass(frozen=True, slots=True)
class PassOver:
    """Its condition did not hold when it was due: the next one is counted from then."""


@dataclass(frozen=True, slots=True)
class Stop:
    """No more reminders of this round."""

    reason: str


Decision = Ask | Wait | PassOver | Stop


def planned(known: Plan, sent: Sequence[Sent], reminders: Sequence[Reminder]) -> Plan:
    """The plan by what is now known of a round, in the order of its numbers; one that ended stays so."""
    if known.ended is not None:
        return known
    last = sent[-1]
    plan = known
    if known.number <= last.number + 1:
        plan = replace(known, number=last.number + 1, since=last.at)
    waits = last.outcome is Outcome.OPEN or plan.number > len(reminders)
    return replace(plan, due_at=None if waits else plan.since + _hours(reminders, plan.number))


def decide(
    plan: Plan,
    sent: Sequence[Sent],
    answered: bool,
    customer: Customer,
    campaign: Campaign,
    rules: Rules,
    now: datetime,
) -> Decision:
    """What is to be done with a plan whose moment has come."""
    against = _against(plan, sent, answered, customer, campaign, now)
    if against:
        return Stop(against)
    due = plan.since + _hours(campaign.reminders, plan.number)
    if now > due + MAX_LATE:
        return Stop("too-late")
    if campaign.state is State.PAUSED:
        return Wait(now + LOOK_AGAIN)
    if due > now:
        return Wait(due)
    if plan.offered_until is not None:
        return Wait(plan.offered_until) if plan.offered_until > now else PassOver()
    opened = any(one.opened for one in sent)
    if opened is (campaign.reminders[plan.number - 1].condition is Condition.NOT_OPENED):
        return PassOver()
    opens = first_allowed(campaign.send_window, zone_of((customer.profile or {}).get("timezone"), rules), now)
    return Wait(opens) if opens > now else Ask()


def _against(
    plan: Plan, sent: Sequence[Sent], answered: bool, customer: Customer, campaign: Campaign, now: datetime
) -> str | None:
    """Why no more reminders of this round go out."""
    claim = customer.claims.get(campaign.id)
    facts = {
        "erased": customer.erased or customer.profile is None,
        block(customer) or "": block(customer) is not None,
        "refused": refuses(customer, campaign),
        "paused": customer.paused_until is not None and customer.paused_until > now,
        "answered": answered or any(one.answered or one.state == "responded" for one in sent),
        "not-sent": sent[0].outcome is Outcome.MISSED,
        TAKEN_BACK: any(one.state == TAKEN_BACK for one in sent),
        "bounced": any(one.state in {"bounced", "suppressed"} for one in sent),
        "campaign-finished": campaign.state in {State.FINISHED, State.DRAFT},
        "new-round": claim is not None and claim.dispatch_id != plan.dispatch_id,
        "no-more": plan.number > len(campaign.reminders),
    }
    return next((reason for reason, holds in facts.items() if holds), None)


def passed_over(plan: Plan, reminders: Sequence[Reminder], now: datetime) -> Plan:
    """The plan for the reminder after one that was passed over."""
    since = plan.since + _hours(reminders, plan.number)
    after = replace(plan, number=plan.number + 1, since=since, offered_until=None)
    if after.number > len(reminders):
        return stopped(after, "no-more", now)
    return replace(after, due_at=since + _hours(reminders, after.number))


def stopped(plan: Plan, reason: str, now: datetime) -> Plan:
    """The plan at its end."""
    return replace(plan, due_at=None, offered_until=None, ended=reason, ended_at=now)


def asked(plan: Plan, campaign: Campaign, now: datetime) -> Plan:
    """The plan once the reminder is asked for; one for the app waits there for the person."""
    if campaign.reminders[plan.number - 1].channel is Channel.EMAIL:
        return replace(plan, due_at=None)
    until = now + timedelta(hours=campaign.expires_after_hours)
    return replace(plan, due_at=until, offered_until=until)


def remind(plan: Plan, cycle: int, campaign: Campaign, dispatch_id: str, now: datetime) -> Occurrence:
    """The claim of the reminder that is due."""
    reminder = campaign.reminders[plan.number - 1]
    return Occurrence(
        campaign_id=plan.campaign_id,
        customer_id=plan.customer_id,
        cycle=cycle,
        dispatch_id=dispatch_id,
        reason="reminder",
        not_before=now,
        expires_at=now + timedelta(hours=campaign.expires_after_hours),
        reminder_number=plan.number,
        reminds_of=plan.dispatch_id,
        template_id=reminder.template_id,
        channel=reminder.channel,
    )


def _hours(reminders: Sequence[Reminder], number: int) -> timedelta:
    return timedelta(hours=reminders[number - 1].after_hours)
