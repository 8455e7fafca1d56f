"""What scheduler does: keep campaigns, follow what became of customers, ask for surveys when they are due."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.errors import Conflict, Invalid, NotFound
from chassis.ids import derived_id, new_id
from chassis.mongo import Transaction, put_newer
from services.scheduler import events as translate
from services.scheduler import store
from services.scheduler.domain import campaign as campaigns
from services.scheduler.domain.campaign import Campaign, Running
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules, zone_named
from services.scheduler.domain.next_survey import next_survey
from services.scheduler.domain.occurrence import Occurrence, begin, begin_by_hand, claimed
from services.scheduler.schemas import CampaignBody, plain

Change = Callable[[Customer], Customer]
UNKNOWN_CUSTOMER = "customer-not-found", "There is no customer with this id."


async def create_campaign(tx: Transaction, id_: str | None, values: Mapping[str, Any], now: datetime) -> CampaignBody:
    """Make a draft. Raises `Conflict` where there is another campaign of this id; the same one is left as it is."""
    made = store.campaign_with({**values, "id": id_ or new_id(), "created_at": now, "changed_at": now})
    campaigns.check(made)
    known = await store.Campaigns(tx).find(made.id)
    if known is None:
        return CampaignBody.of(await store.Campaigns(tx).save(made))
    if not campaigns.same_content(known, made):
        code, reason = "campaign-exists", "There is another campaign with this id; edit that one or choose another id."
        raise Conflict(code, reason, field="id")
    return CampaignBody.of(known)


async def edit_campaign(
    tx: Transaction, id_: str, values: Mapping[str, Any], *, expected_seq: int | None, now: datetime
) -> CampaignBody:
    """Change what was said, leave the rest."""

    def rule(before: Campaign) -> Campaign:
        edited = store.campaign_with({**plain(before), "seq": before.seq, **values})
        return campaigns.edit(before, edited, now)

    return CampaignBody.of(await store.Campaigns(tx).change(id_, rule, expected_seq=expected_seq))


async def move_campaign(
    tx: Transaction,
    id_: str,
    move: Callable[[Campaign, datetime], Campaign],
    *,
    expected_seq: int | None,
    now: datetime,
) -> CampaignBody:
    """Activate, pause or finish it."""
    changed = await store.Campaigns(tx).change(id_, lambda before: move(before, now), expected_seq=expected_seq)
    return CampaignBody.of(changed)


async def set_rules(tx: Transaction, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set the company's rules. Raises `Invalid` for a zone that does not exist."""
    if zone_named(values["timezone"]) is None:
        code, reason = "timezone-not-known", "must be an IANA zone, such as Europe/Vienna"
        raise Invalid(code, reason, field="timezone")
    await store.put_rules(tx, values)
    return values


async def reset_last_survey(tx: Transaction, id_: str, now: datetime) -> None:
    """Forget when the customer was surveyed last: the first-survey rules hold again. Raises `NotFound`."""
    before = await store.Customers(tx).load([id_])
    if before[id_].profile is None:
        raise NotFound(*UNKNOWN_CUSTOMER)
    await _change(tx, before, lambda customer: replace(customer, reset_at=now), now)


async def send_survey(tx: Transaction, campaign_id: str, customer_id: str, now: datetime) -> Occurrence:
    """Ask for a survey by hand. Raises `NotFound`, and `Conflict` where it must not go out."""
    campaign = await store.Campaigns(tx).get(campaign_id)
    customers = store.Customers(tx)
    before = await customers.load([customer_id])
    if before[customer_id].profile is None:
        raise NotFound(*UNKNOWN_CUSTOMER, field="customer_id")
    rules, running = await store.rules(tx), await store.running(tx)
    occurrence = begin_by_hand(before[customer_id], campaign, rules, now, derived_id)
    await store.claim(tx, [occurrence])
    after = _settled(claimed(before[customer_id], occurrence), running, rules, now)
    await customers.save(before, [after], now)
    return occurrence


async def follow_customers(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> set[str]:
    """Keep what audiences ask about."""
    return await _project(tx, store.PROFILES, events, translate.profile_row)


async def follow_deliverability(tx: Transaction, events: Sequence[Event[DeliverabilityChanged]]) -> set[str]:
    """Keep who may be surveyed."""
    return await _project(tx, store.DELIVERABILITY, events, translate.deliverability_row)


async def follow_records(tx: Transaction, events: Sequence[Event[DispatchChanged]]) -> set[str]:
    """Keep what became of each request."""
    before = await store.owners(tx, store.RECORDS, [str(event.subject) for event in events])
    await _project(tx, store.RECORDS, events, translate.record_row)
    return before | {event.data.customer_id for event in events if event.data}


async def follow_answers(tx: Transaction, events: Sequence[Event[ResponseChanged]]) -> set[str]:
    """Keep what of each answer counts."""
    before = await store.owners(tx, store.ANSWERS, [str(event.subject) for event in events])
    await _project(tx, store.ANSWERS, events, translate.answer_row)
    return before | {event.data.customer_id for event in events if event.data and event.data.customer_id}


async def _project(
    tx: Transaction, name: str, events: Sequence[Event[Any]], row: Callable[[Any], translate.Row | None]
) -> set[str]:
    rows = {str(event.subject): (event.seq, row(event.data)) for event in events}
    for event in events:
        tx.caused_by(getattr(event.data, "customer_id", None) or str(event.subject), event.traceparent)
    return await put_newer(tx, name, rows)


async def derive_profiles(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put who they are on customers; those whose row is gone were erased."""
    rows = await store.rows_of(tx, store.PROFILES, ids)
    await store.forget_occurrences(tx, [id_ for id_ in ids if id_ not in rows])
    before = await store.Customers(tx).load(ids)
    await _change(tx, before, lambda customer: _known_as(customer, rows.get(customer.id)), now)


async def derive_deliverability(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put on customers whether they may be surveyed."""
    rows = await store.rows_of(tx, store.DELIVERABILITY, ids)
    nothing = {"status": None, "status_at": None}
    before = await store.Customers(tx).load(ids)
    await _change(tx, before, lambda customer: replace(customer, **rows.get(customer.id, nothing)), now)


async def derive_surveys(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put their survey history on customers."""
    surveys = await store.surveys_of(tx, ids)
    before = await store.Customers(tx).load(ids)
    await _change(tx, before, lambda customer: replace(customer, surveys=surveys[customer.id]), now)


async def derive_scores(tx: Transaction, ids: set[str], now: datetime) -> None:
    """Put their last score on customers."""
    scores = await store.last_scores_of(tx, ids)
    before = await store.Customers(tx).load(ids)
    await _change(tx, before, lambda customer: replace(customer, last_score=scores[customer.id]), now)


async def recalculate(tx: Transaction, ids: Iterable[str], now: datetime) -> None:
    """Look at customers again under the rules as they now are."""
    await _change(tx, await store.Customers(tx).load(ids), lambda customer: customer, now)


async def claim_due(tx: Transaction, ids: Iterable[str], now: datetime) -> int:
    """Ask for the surveys of those who are due by the rules as they now are; how many that were."""
    rules, running = await store.rules(tx), await store.running(tx)
    customers = store.Customers(tx)
    before = await customers.load(ids)
    settled = [_settled(customer, running, rules, now) for customer in before.values()]
    begun = {customer.id: _begin(customer, running, now) for customer in settled if _is_due(customer, now)}
    known = await store.known_occurrences(tx, [occurrence.id for occurrence in begun.values()])
    await store.claim(tx, [occurrence for occurrence in begun.values() if occurrence.id not in known])
    begun = {id_: known.get(occurrence.id, occurrence) for id_, occurrence in begun.items()}
    after = [claimed(customer, begun[customer.id]) if customer.id in begun else customer for customer in settled]
    await customers.save(before, [_settled(customer, running, rules, now) for customer in after], now)
    return len(begun)


def _is_due(customer: Customer, now: datetime) -> bool:
    return customer.due_at is not None and customer.due_at <= now


def _begin(customer: Customer, running: Sequence[Running], now: datetime) -> Occurrence:
    assert customer.next is not None  # noqa: S101
    campaign = next(one.campaign for one in running if one.campaign.id == customer.next.campaign_id)
    return begin(customer, customer.next, campaign, now, derived_id)


async def _change(tx: Transaction, before: Mapping[str, Customer], change: Change, now: datetime) -> None:
    """Apply a change to customers and look at each again."""
    rules, running = await store.rules(tx), await store.running(tx)
    after = [_settled(change(customer), running, rules, now) for customer in before.values()]
    await store.Customers(tx).save(before, after, now)


def _settled(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    """The customer with the next survey as it now is; there is none for somebody not known yet, or erased."""
    if customer.erased:
        return Customer(id=customer.id, seq=customer.seq, version=rules.version, erased=True)
    if customer.profile is None:
        return replace(customer, version=rules.version, next=None)
    return replace(customer, version=rules.version, next=next_survey(customer, running, rules, now))


def _known_as(customer: Customer, profile: translate.Row | None) -> Customer:
    return replace(customer, profile=profile, erased=customer.erased or profile is None)
