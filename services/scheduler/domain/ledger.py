"""The ledger of a campaign: everyone in its audience is sent, due later, held, suppressed, failed or unknown."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.scheduler.domain.campaign import Campaign, Running
from services.scheduler.domain.customer import TAKEN_BACK, Customer, Outcome, Past
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import block, verdict

SUPPRESSING = frozenset({"refused", "no-address"})
DispatchId = Callable[[str, str, int], str]


class Bucket(StrEnum):
    """Where somebody of the audience stands."""

    SENT = "sent"
    DUE_LATER = "due_later"
    HELD = "held"
    SUPPRESSED = "suppressed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands, and the rule that put them there."""

    bucket: Bucket
    rule: str


NO_RECORD = Standing(Bucket.UNKNOWN, "no-record")
EARLIER_ROUND = Standing(Bucket.HELD, "earlier-round")


def standing(
    customer: Customer,
    one: Running,
    rules: Rules,
    now: datetime,
    dispatch_id: DispatchId,
    cycle: int | None = None,
    past: Past | None = None,
) -> Standing | None:
    """Where a customer stands in a round of a campaign; None for who is not in its audience.

    Who was asked in that round is in it, whatever the audience says now. Without `cycle` it is everyone's own
    latest round: what became of it where one was begun, else what is ahead.
    """
    claim = customer.claims.get(one.campaign.id)
    latest = claim.cycle if claim else 0
    wanted = cycle or latest or 1
    if customer.erased or customer.profile is None:
        return None
    past = past or Past.of(customer)
    if latest >= wanted:
        return _behind(past, dispatch_id(one.campaign.id, customer.id, wanted))
    if block(customer) == "deleted" or not one.audience.matches(customer.facts_with(past.last_survey_at)):
        return None
    if latest < wanted - 1:
        return EARLIER_ROUND
    return _ahead(customer, past, one.campaign, rules, now)


def counts(standings: Iterable[tuple[Standing, int]]) -> dict[Bucket, Counter[str]]:
    """How many stand where, by rule; the sum of all is the audience."""
    found: dict[Bucket, Counter[str]] = {bucket: Counter() for bucket in Bucket}
    for one, count in standings:
        found[one.bucket][one.rule] += count
    return found


def _behind(past: Past, dispatch_id: str) -> Standing:
    """What became of a round that was begun."""
    survey = next((one for one in past.history if one.dispatch_id == dispatch_id), None)
    if survey is None:
        return NO_RECORD
    return became(survey.outcome, suppressed=survey.suppressed, state=survey.state)


def became(outcome: Outcome, *, suppressed: bool, state: str) -> Standing:
    """Where somebody stands of whose round this became."""
    if outcome is Outcome.OPEN:
        return Standing(Bucket.DUE_LATER, "on-its-way")
    if outcome is Outcome.MISSED:
        if suppressed:
            return Standing(Bucket.SUPPRESSED, TAKEN_BACK if state == TAKEN_BACK else "refused-by-sender")
        return Standing(Bucket.FAILED, state or "failed")
    return Standing(Bucket.UNKNOWN, "unknown") if state == "unknown" else Standing(Bucket.SENT, "sent")


def _ahead(customer: Customer, past: Past, campaign: Campaign, rules: Rules, now: datetime) -> Standing:
    """What stands between a customer and the round that comes next."""
    blocked = block(customer)
    if blocked:
        return Standing(Bucket.SUPPRESSED, blocked)
    if not campaign.runs:
        return Standing(Bucket.HELD, f"campaign-{campaign.state}")
    found = verdict(customer, past, campaign, rules, now)
    if found.at is None:
        return undated(found.reason)
    if found.held_by and found.at > now:
        return Standing(Bucket.HELD, found.held_by[-1])
    return Standing(Bucket.DUE_LATER, found.reason)


def undated(reason: str) -> Standing:
    """Where somebody stands whom the campaign has no date for."""
    return Standing(Bucket.SUPPRESSED if reason in SUPPRESSING else Bucket.HELD, reason)
