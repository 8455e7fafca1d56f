"""A trigger: something happened after which a transactional campaign may survey somebody."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.scheduler.domain.campaign import Campaign, Running, State
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import block, earliest, refuses

LOOK_SOON, LOOK_AGAIN = timedelta(seconds=5), timedelta(minutes=1)


class TriggerState(StrEnum):
    """How far a campaign is with a trigger."""

    WAITING = "waiting"
    REQUESTED = "requested"
    CANCELLED = "cancelled"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One campaign with one trigger. What its payload said is not kept: the conditions held when it came."""

    trigger_id: str
    campaign_id: str
    source: str
    event_id: str
    type: str
    keys: tuple[str, ...]
    customer_id: str | None = None
    received_at: datetime
    at: datetime
    give_up_at: datetime
    known_by: datetime
    any_hour: bool = False
    due_at: datetime | None = None
    state: TriggerState = TriggerState.WAITING
    reason: str | None = None
    dispatch_id: str | None = None
    ended_at: datetime | None = None

    @property
    def id(self) -> str:
        """Unique for trigger and campaign."""
        return f"{self.trigger_id}|{self.campaign_id}"


@dataclass(frozen=True, slots=True)
class Ask:
    """The survey is to be asked for now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before a moment, held by a rule."""

    until: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Drop:
    """It comes to nothing."""

    reason: str


Decision = Ask | Wait | Drop


def sampled(percent: float, *parts: str) -> bool:
    """Whether one is of so many in a hundred: the same answer for the same parts, for ever."""
    hashed = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(hashed[:8]) < percent / 100 * 2**64


def keys_of(source: str, external_id: str | None, canonical_email: str | None) -> tuple[str, ...]:
    """What a customer is found by, best first."""
    by_id = (f"{source}|{external_id}",) if external_id else ()
    return (*by_id, f"@{canonical_email}") if canonical_email else by_id


def decide(one: Waiting, customer: Customer | None, running: Running | None, rules: Rules, now: datetime) -> Decision:
    """What is to be done with a trigger whose moment has come.

    What the company's rules and the campaign's hours push beyond the campaign's own patience comes to nothing: a
    survey about what happened weeks ago is worse than none.
    """
    if running is None or running.campaign.state is State.FINISHED:
        return Drop("campaign-finished")
    if customer is None or customer.profile is None:
        return _until_known(one, now)
    against = _against(customer, running)
    if against:
        return Drop(against)
    if not running.campaign.runs:
        return _until(one, now + LOOK_AGAIN, "campaign-paused")
    at, held_by = earliest(customer, running.campaign, rules, one.at, now, any_hour=one.any_hour)
    if at > now:
        return _until(one, at, held_by[-1] if held_by else "delay")
    return Ask() if now < one.give_up_at else Drop("too-late")


def _until(one: Waiting, moment: datetime, rule: str) -> Decision:
    return Wait(moment, rule) if moment < one.give_up_at else Drop(rule)


def _until_known(one: Waiting, now: datetime) -> Decision:
    """A customer who is not known yet may come; it is looked for less and less often."""
    if now >= one.known_by:
        return Drop("customer-not-known")
    return Wait(min(now + (now - one.received_at) + LOOK_SOON, one.known_by), "customer-not-known")


def _against(customer: Customer, running: Running) -> str | None:
    blocked = block(customer)
    if blocked:
        return blocked
    if refuses(customer, running.campaign):
        return "refused"
    if not (customer.profile or {}).get("email"):
        return "no-address"
    return None if running.audience.matches(customer.facts) else "audience-not-matched"


def turned_away_until(one: Waiting, until: datetime, now: datetime) -> Decision:
    """The daily cap lets no more through before a later day."""
    return _until(one, max(until, now), "daily-cap")


def expected(campaign: Campaign, delay_minutes: int | None, at: datetime) -> tuple[datetime, datetime]:
    """When the survey is due, and when it is too late for it."""
    delay = delay_minutes if delay_minutes is not None else (campaign.trigger.delay_minutes if campaign.trigger else 0)
    due = at + timedelta(minutes=delay)
    return due, due + timedelta(hours=campaign.expires_after_hours)
