"""The days of a simulation: a clock that is only a number, the rules as they are, and an audit that trusts none."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.scheduler.domain.campaign import Campaign, Running
from services.scheduler.domain.cap import CapDay
from services.scheduler.domain.customer import Customer, Past
from services.scheduler.domain.ledger import standing
from services.scheduler.domain.limits import day_of
from services.scheduler.domain.occurrence import Occurrence, begin, claimed
from services.scheduler.domain.settling import caps_of, settled, within_caps
from services.scheduler.domain.simulation import company, life
from services.scheduler.domain.simulation.audit import Audit
from services.scheduler.domain.simulation.chance import Chance

HOUR = timedelta(hours=1)
EVENTS_A_DAY, EDIT_EVERY_DAYS, LEDGER_SAMPLE = 0.01, 11, 20
Ready = Callable[[Campaign, datetime], Running]
"""Makes a campaign ready to be asked for whom it is."""


@dataclass(frozen=True, slots=True)
class Core:
    """What is simulated: the rules of scheduler, unless a test puts wrong ones in their place."""

    look: Callable[..., Customer] = settled
    within_caps: Callable[..., tuple[list[Customer], dict[str, CapDay]]] = within_caps
    claimed: Callable[[Customer, Occurrence], Customer] = claimed


@dataclass(slots=True)
class World:
    """Everything that is, at `now`."""

    customers: dict[str, Customer]
    campaigns: dict[str, Campaign]
    audit: Audit
    ready: Ready
    chance: Chance
    now: datetime
    core: Core = field(default_factory=Core)
    running: list[Running] = field(default_factory=list)
    days: dict[str, CapDay] = field(default_factory=dict)
    due: list[tuple[datetime, str]] = field(default_factory=list)
    open: list[tuple[datetime, str, str]] = field(default_factory=list)
    occurrences: dict[str, Occurrence] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def run(self, days: int) -> Iterator[int]:
        """Live through so many days; gives each that is over."""
        self._look_at_all()
        for day in range(days):
            self._plan(day)
            for _ in range(24):
                self._hour()
                self.now += HOUR
            self._check_ledger()
            yield day + 1

    def _plan(self, day: int) -> None:
        """Newcomers, and every now and then somebody edits a campaign."""
        for number in range(max(1, len(self.customers) // 1000)):
            self._keep(company.customer(10**6 + day * 1000 + number, self.now, self.chance))
        if day % EDIT_EVERY_DAYS == EDIT_EVERY_DAYS - 1:
            chosen = self.chance.choice(sorted(self.campaigns))
            self.campaigns[chosen] = life.edited(self.campaigns[chosen], self.now, self.chance)
            self._look_at_all()

    def _hour(self) -> None:
        self._ready()
        for id_ in self._some():
            self._keep(life.happens(self.customers[id_], self.audit.truths[id_], self.now, self.chance))
        while self.open and self.open[0][0] <= self.now:
            _, id_, dispatch_id = heapq.heappop(self.open)
            occurrence = self.occurrences[dispatch_id]
            truth = self.audit.truths[id_]
            self._keep(life.becomes(self.customers[id_], occurrence, truth, self.now, self.chance))
        self._claim()

    def _some(self) -> list[str]:
        """To whom something happens in this hour."""
        ids, mean = list(self.customers), len(self.customers) * EVENTS_A_DAY / 24
        count = int(mean) + (self.chance.random() < mean % 1)
        return self.chance.sample(ids, min(count, len(ids)))

    def _claim(self) -> None:
        """What the job does with those who are due."""
        ids = dict.fromkeys(self._due_ids())
        looked_at = [self._look(self.customers[id_]) for id_ in ids]
        caps, today = caps_of(self.running), day_of(self.now, self.audit.rules)
        self.days = {
            id_: self.days[id_]
            if id_ in self.days and self.days[id_].day == today
            else CapDay(campaign_id=id_, day=today)
            for id_ in caps
        }
        after, self.days = self.core.within_caps(looked_at, self.days, caps, self.audit.rules, self.now, self._look)
        for customer in after:
            if customer.is_due(self.now):
                self._keep(self._ask(customer))
            else:
                self._put(customer)

    def _ask(self, customer: Customer) -> Customer:
        assert customer.next is not None  # noqa: S101
        campaign = self.campaigns[str(customer.next.campaign_id)]
        occurrence = begin(customer, customer.next, campaign, self.now, _dispatch_id)
        self.audit.survey(customer, campaign, occurrence, self.now)
        self.occurrences[occurrence.dispatch_id] = occurrence
        at = self.now + timedelta(hours=self.chance.choice((0, 0, 0, 1, 5, 30)))
        heapq.heappush(self.open, (at, customer.id, occurrence.dispatch_id))
        return self.core.claimed(customer, occurrence)

    def _due_ids(self) -> Iterator[str]:
        """Those whose date it is; of dates that were moved since, the line still has the old ones."""
        while self.due and self.due[0][0] <= self.now:
            at, id_ = heapq.heappop(self.due)
            if self.customers[id_].due_at == at:
                yield id_

    def _keep(self, customer: Customer) -> None:
        self._put(self._look(customer))

    def _put(self, found: Customer) -> None:
        if found is not self.customers.get(found.id):
            self.customers[found.id] = found
            self.changed.add(found.id)
        if found.due_at is not None:
            heapq.heappush(self.due, (found.due_at, found.id))

    def _look(self, customer: Customer) -> Customer:
        return self.core.look(customer, self.running, self.audit.rules, self.now)

    def _look_at_all(self) -> None:
        self._ready(anew=True)
        self.due = []
        for customer in list(self.customers.values()):
            self._keep(customer)

    def _ready(self, *, anew: bool = False) -> None:
        """The running campaigns; only those that look back from now change with the clock."""
        if anew:
            self.running = [self.ready(one, self.now) for _, one in sorted(self.campaigns.items()) if one.runs]
        else:
            self.running = [self.ready(one.campaign, self.now) if one.looks_back else one for one in self.running]

    def _check_ledger(self) -> None:
        """Everyone in the audience, or asked before, stands in one place: all who changed today, some others."""
        self._ready()
        others = self.chance.sample(list(self.customers), min(LEDGER_SAMPLE, len(self.customers)))
        audience, entries = Counter[str](), Counter[str]()
        for who in map(self.customers.__getitem__, self.changed.union(others)):
            past, profile = Past.of(who), who.profile or {}
            tags = profile["tag_keys"] if profile["deleted_at"] is None else ()
            for one in self.running:
                id_, rules = one.campaign.id, self.audit.rules
                found = standing(who, one, rules, self.now, _dispatch_id, past=past)
                asked = company.is_asked(one.campaign, tags, past.last_survey_at, self.now)
                entries[id_] += found is not None
                audience[id_] += id_ in who.claims or asked
        self.changed = set()
        for id_, count in audience.items():
            self.audit.ledger(id_, count, entries[id_], self.now)


def _dispatch_id(*parts: object) -> str:
    return "|".join(map(str, parts))


def world(customers: int, chance: Chance, begins: datetime, ready: Ready, core: Core | None = None) -> World:
    """A company on its first day; the same for the same chance."""
    crowd = {one.id: one for one in company.crowd(customers, begins, chance)}
    campaigns = {one.id: one for one in company.campaigns(begins, customers)}
    return World(crowd, campaigns, Audit(company.rules()), ready, chance, begins, core or Core())
