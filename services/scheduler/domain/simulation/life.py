"""What happens to customers and campaigns while the days go by."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.scheduler.domain.campaign import Campaign, Schedule, activate, pause
from services.scheduler.domain.customer import Customer, Outcome, Survey
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.domain.simulation.audit import Truth
from services.scheduler.domain.simulation.chance import Chance
from services.scheduler.domain.simulation.company import NIGHT, OFFICE, TAGS, ZONES

REST = timedelta(days=90)
FAILED, ANSWERED = 0.05, 0.25


def happens(customer: Customer, truth: Truth, now: datetime, chance: Chance) -> Customer:
    """Something that a person, an integration or a mail server does; the world knows of it at once."""
    what = chance.choices(
        ("tag", "zone", "no", "yes", "bounce", "refuse", "rest", "reset", "delete"),
        (30, 10, 8, 4, 4, 4, 4, 12, 2),
    )[0]
    return _DOES[what](customer, truth, now, chance)


def _tag(customer: Customer, _: Truth, __: datetime, chance: Chance) -> Customer:
    tags = {*(customer.profile or {})["tag_keys"]} ^ {chance.choice(TAGS)}
    return _known(customer, tag_keys=sorted(tags))


def _zone(customer: Customer, _: Truth, __: datetime, chance: Chance) -> Customer:
    return _known(customer, timezone=chance.choice(ZONES))


def _no(customer: Customer, truth: Truth, now: datetime, _: Chance) -> Customer:
    truth.no = "unsubscribed"
    return replace(customer, status="unsubscribed", status_at=now)


def _yes(customer: Customer, truth: Truth, now: datetime, _: Chance) -> Customer:
    if truth.no == "deleted":
        return customer
    truth.no = None
    return replace(customer, status=None, status_at=now)


def _bounce(customer: Customer, truth: Truth, now: datetime, _: Chance) -> Customer:
    if truth.no is not None:
        return customer
    truth.no = "hard_bounced"
    return replace(customer, status="hard_bounced", status_at=now)


def _refuse(customer: Customer, truth: Truth, now: datetime, chance: Chance) -> Customer:
    if chance.choice((True, False)):
        truth.refused.add("support")
        return replace(customer, refused_brands=("support",), status_at=now)
    truth.refused.add("nps")
    return replace(customer, refused_campaigns=("nps",), status_at=now)


def _rest(customer: Customer, truth: Truth, now: datetime, _: Chance) -> Customer:
    truth.paused_until = now + REST
    return replace(customer, paused_until=now + REST, status_at=now)


def _reset(customer: Customer, _: Truth, now: datetime, __: Chance) -> Customer:
    return replace(customer, reset_at=now)


def _delete(customer: Customer, truth: Truth, now: datetime, _: Chance) -> Customer:
    truth.no = "deleted"
    return _known(customer, deleted_at=now)


_DOES = {
    "tag": _tag,
    "zone": _zone,
    "no": _no,
    "yes": _yes,
    "bounce": _bounce,
    "refuse": _refuse,
    "rest": _rest,
    "reset": _reset,
    "delete": _delete,
}


def _known(customer: Customer, **more: Any) -> Customer:
    return replace(customer, profile={**(customer.profile or {}), **more})


def becomes(customer: Customer, occurrence: Occurrence, truth: Truth, now: datetime, chance: Chance) -> Customer:
    """What became of a request, some hours later; a no that came in between stops it at the sender's gate."""
    outcome, suppressed = Outcome.SURVEYED, truth.no is not None
    if suppressed or chance.random() < FAILED:
        outcome = Outcome.MISSED
    if outcome is Outcome.MISSED:
        truth.sent.pop(occurrence.dispatch_id, None)
    else:
        truth.sent[occurrence.dispatch_id] = now
    survey = Survey(
        dispatch_id=occurrence.dispatch_id,
        campaign_id=occurrence.campaign_id,
        outcome=outcome,
        at=now,
        expires_at=occurrence.expires_at,
        suppressed=suppressed,
    )
    surveys = tuple(sorted((*customer.surveys, survey), key=lambda one: (one.at, one.dispatch_id)))
    score = chance.randrange(11) if outcome is Outcome.SURVEYED and chance.random() < ANSWERED else customer.last_score
    return replace(customer, surveys=surveys, last_score=score)


def edited(campaign: Campaign, now: datetime, chance: Chance) -> Campaign:
    """Something that a person does to a campaign; one that is paused goes on."""
    if not campaign.runs:
        return activate(campaign, now)
    schedule = campaign.schedule
    changes: list[dict[str, Any]] = [
        {"daily_cap": campaign.daily_cap and max(1, campaign.daily_cap + chance.choice((-5, 5, 20)))},
        {"send_window": chance.choice((OFFICE, NIGHT, None))},
        {"priority": chance.randrange(3)},
    ]
    if schedule.every_days is not None:
        every = max(10, schedule.every_days + chance.choice((-20, 20)))
        changes.append(
            {"schedule": Schedule(first_after_days=schedule.first_after_days, every_days=every, clock=schedule.clock)}
        )
    change = chance.choice([*changes, None])
    return pause(campaign, now) if change is None else replace(campaign, **change, changed_at=now)
