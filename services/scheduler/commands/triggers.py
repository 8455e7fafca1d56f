"""Take triggers, hold them until their moment, and ask for the surveys that follow them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sounding_contracts.envelope import Event
from sounding_contracts.integrations import SurveyTrigger

from chassis.errors import Conflict, Invalid, NotFound
from chassis.ids import derived_id
from chassis.mongo import Transaction
from commons.email import canonical_email
from services.scheduler import store
from services.scheduler.domain.campaign import Kind, Running
from services.scheduler.domain.cap import CapDay, admit, turned_away
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules, day_of
from services.scheduler.domain.occurrence import Occurrence, begin_triggered, claimed
from services.scheduler.domain.parts import Trigger
from services.scheduler.domain.settling import settled
from services.scheduler.domain.triggers import (
    LOOK_SOON,
    Ask,
    Decision,
    Drop,
    TriggerState,
    Wait,
    Waiting,
    decide,
    expected,
    keys_of,
    sampled,
    turned_away_until,
)
from services.scheduler.schemas.triggers import conditions
from services.scheduler.store import triggers as kept

Events = Sequence[Event[SurveyTrigger]]
PATIENCE = timedelta(days=1)
"""How long a customer who is not known yet is waited for."""
NO_CAMPAIGN = ""
"""In the place of a campaign: the trigger was cancelled before it came."""


def trigger_id(source: str, event_id: str) -> str:
    """The same for the same event of a source, for ever."""
    return derived_id("trigger", source, event_id)


async def take_triggers(tx: Transaction, events: Events, now: datetime) -> None:
    """Hold each trigger for every campaign that it starts; a second one of the same source and id changes nothing."""
    said = [(event, event.data) for event in events if event.data is not None]
    cancelled = {trigger_id(event.source, data.cancels) for event, data in said if data.cancels}
    coming = {trigger_id(event.source, event.id): (event, data) for event, data in said if not data.cancels}
    known = await kept.known_triggers(tx, {*coming, *cancelled})
    cancelled |= {one.trigger_id for one in known if one.campaign_id == NO_CAMPAIGN}
    began = {one.trigger_id for one in known if one.campaign_id != NO_CAMPAIGN}
    marked = {one.trigger_id for one in known} | set(coming)
    keys = {id_: _keys(event, data) for id_, (event, data) in coming.items()}
    customers = await kept.customers_by_key(tx, [key for some in keys.values() for key in some])
    running = [one for one in await store.running(tx, now) if one.campaign.kind is Kind.TRANSACTIONAL]
    rows = [
        kept.found_its_customer(row, customers, now)
        for id_, (event, data) in coming.items()
        if id_ not in began
        for row in _started(id_, event, data, keys[id_], running, now)
    ]
    rows = [
        _ended(one, TriggerState.CANCELLED, "cancelled", now) if one.trigger_id in cancelled else one for one in rows
    ]
    ended = [_ended(one, TriggerState.CANCELLED, "cancelled", now) for one in known if _still(one, cancelled)]
    marks = [_mark(id_, now) for id_ in cancelled - marked]
    await kept.put_triggers(tx, [*rows, *marks], fresh=True)
    await kept.put_triggers(tx, ended)


def _keys(event: Event[SurveyTrigger], data: SurveyTrigger) -> tuple[str, ...]:
    return keys_of(event.source, data.customer.external_id, _mailbox(data.customer.email))


def _mailbox(address: str | None) -> str | None:
    """As customers are known by it; None for what can be no address, by which nobody is."""
    try:
        return canonical_email(address) if address else None
    except Invalid:
        return None


def _started(
    id_: str,
    event: Event[SurveyTrigger],
    data: SurveyTrigger,
    keys: tuple[str, ...],
    running: Sequence[Running],
    now: datetime,
) -> list[Waiting]:
    """The trigger with each campaign that it starts."""
    found = []
    for one in (one for one in running if _starts(one.campaign.trigger, data)):
        trigger = one.campaign.trigger
        if trigger is not None and sampled(trigger.sample_percent, one.campaign.id, id_):
            at, give_up_at = expected(one.campaign, data.delay_minutes, min(event.time or now, now))
            row = Waiting(
                trigger_id=id_,
                campaign_id=one.campaign.id,
                source=event.source,
                event_id=event.id,
                type=data.trigger,
                keys=keys,
                received_at=now,
                at=at,
                give_up_at=give_up_at,
                known_by=now + PATIENCE,
                any_hour=data.delay_minutes is not None,
                due_at=now + LOOK_SOON,
            )
            found.append(row)
    return found


def _starts(trigger: Trigger | None, data: SurveyTrigger) -> bool:
    if trigger is None or trigger.type != data.trigger:
        return False
    return conditions(trigger.conditions).matches({"payload": data.payload})


def _still(one: Waiting, cancelled: set[str]) -> bool:
    return one.trigger_id in cancelled and one.state is TriggerState.WAITING


def _mark(id_: str, now: datetime) -> Waiting:
    return Waiting(
        trigger_id=id_,
        campaign_id=NO_CAMPAIGN,
        source="",
        event_id="",
        type="",
        keys=(),
        received_at=now,
        at=now,
        give_up_at=now,
        known_by=now,
        state=TriggerState.CANCELLED,
        reason="cancelled",
        ended_at=now,
    )


def _ended(one: Waiting, state: TriggerState, reason: str | None, now: datetime) -> Waiting:
    return replace(one, state=state, reason=reason, ended_at=now, due_at=None)


async def cancel_trigger(tx: Transaction, id_: str, now: datetime) -> list[Waiting]:
    """Let nothing come of a trigger that still waits. Raises `NotFound`, and `Conflict` where none waits any more."""
    found = [one for one in await kept.known_triggers(tx, [id_]) if one.campaign_id != NO_CAMPAIGN]
    if not found:
        code, reason = "trigger-not-found", "There is no trigger with this id, or it started no campaign."
        raise NotFound(code, reason)
    ended = [_ended(one, TriggerState.CANCELLED, "cancelled", now) for one in found if _still(one, {id_})]
    if not ended and not any(one.state is TriggerState.CANCELLED for one in found):
        code, reason = "trigger-not-waiting", "Nothing waits for it any more."
        raise Conflict(code, reason)
    await kept.put_triggers(tx, ended)
    changed = {one.id: one for one in ended}
    return [changed.get(one.id, one) for one in found]


class _Round:
    """One look at triggers whose moment has come: each sees what those before it did."""

    def __init__(self, customers: Mapping[str, Customer], rules: Rules, now: datetime) -> None:
        self.customers, self.rules, self.now = dict(customers), rules, now
        self.claimed: list[Occurrence] = []
        self.days: dict[str, CapDay] = {}

    def look_at(self, one: Waiting, running: Running | None) -> Waiting:
        """The trigger as it then is."""
        customer = self.customers.get(one.customer_id or "")
        decision = decide(one, customer, running, self.rules, self.now)
        if isinstance(decision, Ask) and running is not None and customer is not None:
            decision = self._within_cap(one, running, customer)
            if isinstance(decision, Ask):
                return self._ask(one, running, customer)
        return self._held(one, decision)

    def _within_cap(self, one: Waiting, running: Running, customer: Customer) -> Decision:
        id_, cap = running.campaign.id, running.campaign.daily_cap
        if cap is None:
            return Ask()
        self.days[id_], wait = admit(self.days[id_], cap)
        if not wait:
            return Ask()
        turned = turned_away(customer, self.days[id_], cap, wait, self.rules)
        return turned_away_until(one, turned.turns[id_].until, self.now)

    def _ask(self, one: Waiting, running: Running, customer: Customer) -> Waiting:
        occurrence = begin_triggered(customer, running.campaign, one.trigger_id, self.now, derived_id)
        self.claimed.append(occurrence)
        self.customers[customer.id] = claimed(customer, occurrence)
        asked = replace(one, dispatch_id=occurrence.dispatch_id)
        return _ended(asked, TriggerState.REQUESTED, None, self.now)

    def _held(self, one: Waiting, decision: Decision) -> Waiting:
        if isinstance(decision, Wait):
            return replace(one, due_at=decision.until, reason=decision.rule)
        reason = decision.reason if isinstance(decision, Drop) else None
        return _ended(one, TriggerState.DROPPED, reason, self.now)


async def ask_for_triggered(tx: Transaction, ids: Iterable[str], now: datetime) -> int:
    """Ask for the surveys of triggers whose moment has come, by the rules as they now are; how many that were."""
    rows = await kept.waiting_triggers(tx, ids)
    known = await kept.customers_by_key(tx, [key for one in rows if not one.customer_id for key in one.keys])
    rows = [one if one.customer_id else kept.found_its_customer(one, known, now) for one in rows]
    rules, running = await store.rules(tx), await store.running(tx, now)
    campaigns = {one.campaign_id: await store.find_running(tx, one.campaign_id, now) for one in rows}
    customers = store.Customers(tx)
    before = await customers.load({one.customer_id for one in rows if one.customer_id})
    looking = _Round(before, rules, now)
    capped = {one.campaign.id for one in campaigns.values() if one and one.campaign.daily_cap is not None}
    looking.days = await store.cap_days(tx, capped, day_of(now, rules))
    after = [looking.look_at(row, campaigns[row.campaign_id]) for row in rows]
    await store.claim(tx, looking.claimed)
    asked = {one.customer_id for one in looking.claimed}
    await customers.save(before, [settled(looking.customers[id_], running, rules, now) for id_ in sorted(asked)], now)
    await store.put_cap_days(tx, looking.days.values(), now)
    await kept.put_triggers(tx, after)
    return len(looking.claimed)
