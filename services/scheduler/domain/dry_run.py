"""A dry run: what a campaign would do in the days ahead, were it switched on now. Customers come one by one."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from services.scheduler.domain.campaign import Campaign, Running, State
from services.scheduler.domain.customer import Customer, Outcome, Survey
from services.scheduler.domain.limits import Rules, day_of
from services.scheduler.domain.next_survey import Verdict, block, next_survey, verdicts

SAMPLES, MAX_ROUNDS = 5, 40
ON_ITS_WAY = timedelta(days=2)


@dataclass(slots=True)
class Heap:
    """How many customers, and a few of them."""

    count: int = 0
    samples: list[str] = field(default_factory=list)

    def add(self, id_: str) -> None:
        """One more."""
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(id_)


def _heaps() -> defaultdict[str, Heap]:
    return defaultdict(Heap)


@dataclass(slots=True)
class DryRun:
    """What came out so far.

    `clashes`, by campaign: who would be surveyed by both within these days. `outside` does not match, `nothing`
    matches and gets no survey, both by reason; `held` is held back by a rule.
    """

    campaign: Campaign
    others: Sequence[Running]
    rules: Rules
    now: datetime
    days: int
    one: Running
    looked_at: int = 0
    audience: int = 0
    due: Counter[date] = field(default_factory=Counter)
    held: dict[str, Heap] = field(default_factory=_heaps)
    nothing: dict[str, Heap] = field(default_factory=_heaps)
    clashes: dict[str, Heap] = field(default_factory=_heaps)

    def add(self, customer: Customer) -> None:
        """Look at a customer."""
        self.looked_at += 1
        if customer.profile is None or not self.one.audience.matches(customer.facts):
            return
        self.audience += 1
        blocked = block(customer)
        if blocked:
            self.nothing[blocked].add(customer.id)
            return
        (verdict,) = verdicts(customer, [self.one], self.rules, self.now)
        self._explain(customer, verdict)
        if verdict.at is not None:
            self._go_on(customer, verdict.at)

    def sends(self) -> list[tuple[date, int]]:
        """Surveys on each day. What is beyond the daily cap waits for the day after."""
        waiting, found = 0, []
        for day in self._days():
            sent = self._within_cap(waiting + self.due[day])
            waiting += self.due[day] - sent
            found.append((day, sent))
        return found

    def beyond_cap(self) -> int:
        """How many surveys do not go out on the day on which they are due."""
        waiting = late = 0
        for day in self._days():
            sent = self._within_cap(waiting + self.due[day])
            late += self.due[day] - max(0, sent - waiting)
            waiting += self.due[day] - sent
        return late

    def _days(self) -> list[date]:
        today = day_of(self.now, self.rules)
        return [today + timedelta(days=offset) for offset in range(self.days)]

    def _within_cap(self, count: int) -> int:
        cap = self.campaign.daily_cap
        return count if cap is None else min(cap, count)

    def _explain(self, customer: Customer, verdict: Verdict) -> None:
        if verdict.at is None:
            self.nothing[verdict.reason].add(customer.id)
        for hold in verdict.holds if verdict.at and verdict.at > self.now else ():
            self.held[hold.by].add(customer.id)

    def _go_on(self, customer: Customer, wanted: datetime) -> None:
        """Survey the customer again and again, as all campaigns together would, until the days are over."""
        until, met = self.now + timedelta(days=self.days), set[str]()
        for number in range(MAX_ROUNDS):
            found = next_survey(customer, [*self.others, self.one], self.rules, self.now)
            if found.at is None or found.at >= until or found.campaign_id is None:
                break
            at = max(found.at, self.now)
            if found.campaign_id == self.campaign.id:
                self.due[day_of(at, self.rules)] += 1
            else:
                met.add(found.campaign_id)
            customer = _surveyed(customer, found.campaign_id, at, number)
        for id_ in met if wanted < until else ():
            self.clashes[id_].add(customer.id)


def dry_run(
    campaign: Campaign, one: Running, running: Sequence[Running], rules: Rules, now: datetime, days: int
) -> DryRun:
    """A dry run that has seen nobody yet; `one` is the campaign as `as_if_on` makes it, ready to be asked."""
    others = [other for other in running if other.campaign.id != campaign.id]
    return DryRun(campaign, others, rules, now, days, one)


def as_if_on(campaign: Campaign, now: datetime) -> Campaign:
    """The campaign, switched on: since long where it runs, else now."""
    if campaign.runs:
        return campaign
    return replace(campaign, state=State.ACTIVE, activated_at=now)


def _surveyed(customer: Customer, campaign_id: str, at: datetime, number: int) -> Customer:
    survey = Survey(
        dispatch_id=f"dry-run-{number}",
        campaign_id=campaign_id,
        outcome=Outcome.SURVEYED,
        at=at,
        expires_at=at + ON_ITS_WAY,
    )
    return replace(customer, surveys=(*customer.surveys, survey))
