"""Looks over the shoulder of a simulation: every survey against what was promised, by other means than the rules'."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.scheduler.domain.campaign import Campaign
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.domain.occurrence import Occurrence

MAX_TOLD = 20


@dataclass(slots=True)
class Truth:
    """What a customer said and what went out, as the world knows it."""

    no: str | None = None
    paused_until: datetime | None = None
    refused: set[str] = field(default_factory=set)
    sent: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Audit:
    """What was seen; `broken` names what must never happen."""

    rules: Rules
    truths: defaultdict[str, Truth] = field(default_factory=lambda: defaultdict(Truth))
    asked: set[str] = field(default_factory=set)
    by_day: Counter[date] = field(default_factory=Counter)
    by_campaign: Counter[str] = field(default_factory=Counter)
    by_customer: Counter[str] = field(default_factory=Counter)
    capped: Counter[tuple[str, date]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    breaches: int = 0

    def survey(self, customer: Customer, campaign: Campaign, occurrence: Occurrence, now: datetime) -> None:
        """A survey is asked for."""
        truth, day = self.truths[customer.id], now.astimezone(_zone(self.rules.timezone)).date()
        self._never(occurrence.id in self.asked, f"{occurrence.id} twice", now)
        self._never(truth.no is not None, f"{customer.id} after {truth.no}", now)
        self._never(bool(truth.refused & {campaign.id, campaign.brand_id}), f"{customer.id} refused {campaign.id}", now)
        self._never(truth.paused_until is not None and truth.paused_until > now, f"{customer.id} at rest", now)
        self._never(not campaign.runs, f"{campaign.id} does not run", now)
        rested = now - timedelta(days=self.rules.quiet_period_days)
        too_soon = any(at > rested for at in truth.sent.values())
        self._never(too_soon, f"{customer.id} in the quiet period", now)
        cap = campaign.daily_cap
        self._never(cap is not None and self.capped[campaign.id, day] >= cap, f"{campaign.id} above its cap", now)
        self._never(not _is_open(campaign.send_window, customer, self.rules, now), f"{customer.id} out of window", now)
        if occurrence.reason == "initial" and campaign.schedule.first_after_days is not None:
            added: datetime = (customer.profile or {})["created_at"]
            early = now < added + timedelta(days=campaign.schedule.first_after_days)
            self._never(early, f"{customer.id} before its first days are over", now)
        self.asked.add(occurrence.id)
        self.by_day[day] += 1
        self.by_campaign[campaign.id] += 1
        self.by_customer[customer.id] += 1
        self.capped[campaign.id, day] += 1
        truth.sent[occurrence.dispatch_id] = now

    def ledger(self, campaign_id: str, audience: int, entries: int, now: datetime) -> None:
        """The audience, counted alone, and the sum of the ledger."""
        self._never(audience != entries, f"{campaign_id}: an audience of {audience}, a ledger of {entries}", now)

    def _never(self, happened: bool, what: str, now: datetime) -> None:
        if happened:
            self.breaches += 1
            if len(self.broken) < MAX_TOLD:
                self.broken.append(f"{now:%Y-%m-%d %H:%M}: {what}")


def _is_open(window: SendWindow | None, customer: Customer, rules: Rules, now: datetime) -> bool:
    """With a calendar and a clock on the wall."""
    if window is None:
        return True
    wall = now.astimezone(_zone((customer.profile or {}).get("timezone"), rules.timezone)).replace(tzinfo=None)
    return any(_begun(window, wall.date() - timedelta(days=back), wall) for back in (0, 1))


def _begun(window: SendWindow, day: date, wall: datetime) -> bool:
    midnight = datetime.combine(day, time())
    ends = window.to_minute + (1440 if window.to_minute < window.from_minute else 0)
    opened, closed = midnight + timedelta(minutes=window.from_minute), midnight + timedelta(minutes=ends)
    return day.isoweekday() in window.weekdays and opened <= wall < closed


def _zone(*names: str | None) -> ZoneInfo:
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            continue
    return ZoneInfo("UTC")
