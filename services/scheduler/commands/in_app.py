"""Record what was shown in the app: the first time is the claim of the round."""

from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import Conflict, Invalid
from chassis.ids import derived_id
from chassis.mongo import Transaction
from services.scheduler import store
from services.scheduler.commands.reminders import reminder_id
from services.scheduler.domain.campaign import Running
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.in_app import Shown, seen
from services.scheduler.domain.next_survey import block
from services.scheduler.domain.occurrence import begin_in_app, claimed
from services.scheduler.domain.reminding import remind
from services.scheduler.domain.settling import settled
from services.scheduler.store import in_app as kept
from services.scheduler.store import reminders


@dataclass(frozen=True, slots=True)
class Show:
    """What a token of a survey in the app stands for: a round of a campaign, or a reminder of a dispatch."""

    round: str
    number: int
    customer_id: str
    campaign_id: str

    @classmethod
    def of(cls, text: str | None) -> "Show":
        """Raises `Invalid` for what is not ours."""
        if text is None:
            code, reason = "show-not-valid", "It is not a token that this endpoint gave."
            raise Invalid(code, reason, field="show")
        round_, number, customer_id, campaign_id = text.split("|", 3)
        return cls(round_, int(number), customer_id, campaign_id)


async def record_shown(tx: Transaction, show: Show, now: datetime) -> Shown:
    """Count that it was shown; the first time, claim the round. Raises `Conflict` where it may not be any more."""
    one = await store.one_running(tx, show.campaign_id, now)
    before = await store.Customers(tx).load([show.customer_id])
    customer = before[show.customer_id]
    if not one.campaign.runs or customer.erased or block(customer) in {"deleted", "unsubscribed"}:
        code, reason = "not-to-be-shown", "The campaign does not run any more, or the customer may not be asked."
        raise Conflict(code, reason, field="show")
    if show.number:
        return await _remind(tx, show, one, now)
    known = (await kept.shown_to(tx, customer.id)).get(show.campaign_id)
    cycle = int(show.round)
    if known is not None and known.cycle >= cycle:
        after = seen(known, now) if known.cycle == cycle else known
    else:
        after = await _claim(tx, one, customer, cycle, now)
    await kept.put_shown(tx, [after])
    return after


async def _claim(tx: Transaction, one: Running, customer: Customer, cycle: int, now: datetime) -> Shown:
    claim = customer.claims.get(one.campaign.id)
    if (claim.cycle if claim else 0) + 1 != cycle:
        code, reason = "not-to-be-shown", "Another round of the campaign was begun since."
        raise Conflict(code, reason, field="show")
    occurrence = begin_in_app(customer, one.campaign, now, derived_id)
    rules, running = await store.rules(tx), await store.running(tx, now)
    await store.claim(tx, [occurrence])
    after = settled(claimed(customer, occurrence), running, rules, now)
    await store.Customers(tx).save({customer.id: customer}, [after], now)
    return Shown(
        campaign_id=one.campaign.id,
        customer_id=customer.id,
        cycle=cycle,
        dispatch_id=occurrence.dispatch_id,
        shown=1,
        first_at=now,
        last_at=now,
    )


async def _remind(tx: Transaction, show: Show, one: Running, now: datetime) -> Shown:
    """A reminder that waited in the app went out now."""
    plan = (await reminders.plans(tx, [show.round])).get(show.round)
    cycle = (await reminders.cycles_of(tx, [show.customer_id])).get(show.round, 1)
    shown = Shown(
        campaign_id=show.campaign_id,
        customer_id=show.customer_id,
        cycle=cycle,
        dispatch_id=show.round,
        shown=1,
        first_at=now,
        last_at=now,
    )
    if plan is not None and plan.number == show.number and plan.offered_until is not None and plan.offered_until > now:
        occurrence = remind(plan, cycle, one.campaign, reminder_id(plan), now)
        if not await store.known_occurrences(tx, [occurrence.id]):
            await store.claim(tx, [occurrence])
        await reminders.put_plans(tx, [replace(plan, due_at=None, offered_until=None)])
    return shown


async def record_dismissed(tx: Transaction, show: Show, now: datetime) -> Shown:
    """The person wants it away: the round is over. Raises `Conflict` where it was not shown."""
    known = (await kept.shown_to(tx, show.customer_id)).get(show.campaign_id)
    if show.number or known is None or known.cycle != int(show.round):
        code, reason = "not-shown", "Say first that it was shown."
        raise Conflict(code, reason, field="show")
    after = replace(known, dismissed_at=known.dismissed_at or now)
    await kept.put_shown(tx, [after])
    return after
