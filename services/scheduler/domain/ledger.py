"""The ledger of a campaign: everyone in its audience is sent, due later, held, suppressed, failed or unknown."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.scheduler.domain.campaign import Running
from services.scheduler.domain.customer import Customer, Outcome, Survey
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import block, verdicts

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


def standing(
    customer: Customer, one: Running, rules: Rules, now: datetime, dispatch_id: DispatchId, cycle: int | None = None
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
    if latest >= wanted:
        return _behind(customer, dispatch_id(one.campaign.id, customer.id, wanted))
    if not one.audience.matches(customer.facts) or block(customer) == "deleted":
        return None
    if latest < wanted - 1:
        return Standing(Bucket.HELD, "earlier-round")
    return _ahead(customer, one, rules, now)


def counts(standings: Iterable[Standing | None]) -> dict[Bucket, Counter[str]]:
    """How many stand where, by rule; the sum of all is the audience."""
    found: dict[Bucket, Counter[str]] = {bucket: Counter() for bucket in Bucket}
    for one in standings:
        if one is not None:
            found[one.bucket][one.rule] += 1
    return found


def _behind(customer: Customer, dispatch_id: str) -> Standing:
    """What became of a round that was begun."""
    survey = next((one for one in customer.history if one.dispatch_id == dispatch_id), None)
    return Standing(Bucket.UNKNOWN, "no-record") if survey is None else _outcome(survey)


def _outcome(survey: Survey) -> Standing:
    if survey.outcome is Outcome.OPEN:
        return Standing(Bucket.DUE_LATER, "on-its-way")
    if survey.outcome is Outcome.MISSED:
        if survey.suppressed:
            return Standing(Bucket.SUPPRESSED, "refused-by-sender")
        return Standing(Bucket.FAILED, survey.state or "failed")
    return Standing(Bucket.UNKNOWN, "unknown") if survey.state == "unknown" else Standing(Bucket.SENT, "sent")


def _ahead(customer: Customer, one: Running, rules: Rules, now: datetime) -> Standing:
    """What stands between a customer and the round that comes next."""
    blocked = block(customer)
    if blocked:
        return Standing(Bucket.SUPPRESSED, blocked)
    if not one.campaign.runs:
        return Standing(Bucket.HELD, f"campaign-{one.campaign.state}")
    (verdict,) = verdicts(customer, [one], rules, now)
    if verdict.at is None:
        return Standing(Bucket.SUPPRESSED if verdict.reason in SUPPRESSING else Bucket.HELD, verdict.reason)
    if verdict.held_by and verdict.at > now:
        return Standing(Bucket.HELD, verdict.held_by[-1])
    return Standing(Bucket.DUE_LATER, verdict.reason)
