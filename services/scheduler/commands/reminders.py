"""Plan reminders by what becomes of surveys, and ask for those that are due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.ids import derived_id
from chassis.mongo import Document, Transaction
from services.scheduler import store
from services.scheduler.domain.campaign import Campaign
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.domain.reminding import (
    PassOver,
    Plan,
    Sent,
    Stop,
    Wait,
    asked,
    decide,
    passed_over,
    planned,
    remind,
    stopped,
)
from services.scheduler.store import reminders as kept


async def plan_reminders(tx: Transaction, customer_ids: Iterable[str]) -> None:
    """Plan the next reminder of each round of these customers, in campaigns that remind."""
    campaigns = await kept.reminding_campaigns(tx)
    if not campaigns:
        return
    rounds = await kept.rounds_of(tx, customer_ids, campaigns)
    known = await kept.plans(tx, rounds)
    changed = []
    for id_, (row, sent) in rounds.items():
        before = known.get(id_) or Plan(
            dispatch_id=id_,
            customer_id=row["customer_id"],
            campaign_id=row["campaign_id"],
            number=1,
            since=sent[0].at,
        )
        after = planned(before, sent, campaigns[row["campaign_id"]].reminders)
        if after != known.get(id_):
            changed.append(after)
    await kept.put_plans(tx, changed)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of rounds whose next reminder is due."""

    rules: Rules
    customers: Mapping[str, Customer]
    campaigns: Mapping[str, Campaign | None]
    rounds: Mapping[str, tuple[Document, list[Sent]]]
    answered: set[str]
    cycles: Mapping[str, int]

    def look_at(self, plan: Plan, now: datetime) -> tuple[Plan, Occurrence | None]:
        """The plan as it then is, and the reminder to be sent, if any."""
        id_, campaign = plan.dispatch_id, self.campaigns[plan.campaign_id]
        if campaign is None or id_ not in self.rounds or id_ not in self.cycles:
            return stopped(plan, "no-record", now), None
        sent = self.rounds[id_][1]
        answered = any(one.dispatch_id in self.answered for one in sent)
        decision = decide(plan, sent, answered, self.customers[plan.customer_id], campaign, self.rules, now)
        if isinstance(decision, Stop):
            return stopped(plan, decision.reason, now), None
        if isinstance(decision, Wait):
            return replace(plan, due_at=decision.until), None
        if isinstance(decision, PassOver):
            return passed_over(plan, campaign.reminders, now), None
        after = asked(plan, campaign, now)
        mail = after.offered_until is None
        return after, remind(plan, self.cycles[id_], campaign, reminder_id(plan), now) if mail else None


def reminder_id(plan: Plan) -> str:
    """The dispatch of a reminder: the same for the same round and number, for ever."""
    return derived_id("reminder", plan.dispatch_id, plan.number)


async def ask_for_reminders(tx: Transaction, ids: Iterable[str], now: datetime) -> int:
    """Ask for the reminders that are due by what is now known; how many that were.

    Each is claimed by an insert under its round and number: a second one of the same is none.
    """
    due = [plan for plan in (await kept.plans(tx, ids)).values() if plan.due_at is not None and plan.due_at <= now]
    people = {plan.customer_id for plan in due}
    campaigns = {one.campaign_id: await store.Campaigns(tx).find(one.campaign_id) for one in due}
    known = _Known(
        rules=await store.rules(tx),
        customers=await store.Customers(tx).load(people),
        campaigns=campaigns,
        rounds=await kept.rounds_of(tx, people, campaigns),
        answered=await kept.answered(tx, people),
        cycles=await kept.cycles_of(tx, people),
    )
    looked_at = [known.look_at(plan, now) for plan in due]
    begun = [one for _, one in looked_at if one is not None]
    claimed = await store.known_occurrences(tx, [one.id for one in begun])
    await store.claim(tx, [one for one in begun if one.id not in claimed])
    await kept.put_plans(tx, [plan for plan, _ in looked_at])
    return len(begun) - len(claimed)
