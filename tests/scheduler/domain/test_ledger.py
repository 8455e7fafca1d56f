"""Everyone in the audience stands in exactly one place, and the places add up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.campaign import Campaign, Kind, Schedule, State
from services.scheduler.domain.customer import Claim, Customer, Outcome
from services.scheduler.domain.ledger import Bucket, Standing, counts, standing
from services.scheduler.domain.limits import Rules
from tests.scheduler.domain.cases import NOON, campaign, customer, days, running, survey

RULES = Rules()
NPS = campaign()


def dispatch_id(campaign_id: str, customer_id: str, cycle: int) -> str:
    return f"{campaign_id}-{customer_id}-{cycle}"


def asked(
    cycle: int = 1, outcome: Outcome | None = Outcome.SURVEYED, *, state: str = "sent", **more: object
) -> Customer:
    """Ada, asked in so many rounds; of the last, this became."""
    at = NOON - days(1)
    id_ = dispatch_id("nps", "ada", cycle)
    claim = Claim(cycle=cycle, dispatch_id=id_, at=at, expires_at=at + days(2))
    earlier = [survey(NOON - days(99), id=dispatch_id("nps", "ada", one)) for one in range(1, cycle)]
    last = [] if outcome is None else [survey(at, "nps", outcome, id=id_, state=state, **more)]
    return customer(*earlier, *last, claims={"nps": claim})


def stands(
    one: Customer, *, cycle: int | None = None, matches: bool = True, rules: Rules = RULES, by: Campaign = NPS
) -> Standing | None:
    (only,) = running(by, matches=matches)
    return standing(one, only, rules, NOON, dispatch_id, cycle)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (customer(), (Bucket.DUE_LATER, "first")),
        (customer(status="unsubscribed"), (Bucket.SUPPRESSED, "unsubscribed")),
        (customer(refused_campaigns=("nps",)), (Bucket.SUPPRESSED, "refused")),
        (customer(paused_until=NOON + days(9)), (Bucket.HELD, "paused")),
        (asked(), (Bucket.SENT, "sent")),
        (asked(outcome=None), (Bucket.DUE_LATER, "on-its-way")),
        (asked(outcome=Outcome.OPEN), (Bucket.DUE_LATER, "on-its-way")),
        (asked(state="unknown"), (Bucket.UNKNOWN, "unknown")),
        (asked(outcome=Outcome.MISSED, state="bounced"), (Bucket.FAILED, "bounced")),
        (asked(outcome=Outcome.MISSED, state="suppressed", suppressed=True), (Bucket.SUPPRESSED, "refused-by-sender")),
        (asked(outcome=Outcome.MISSED, state="taken-back", suppressed=True), (Bucket.SUPPRESSED, "taken-back")),
    ],
)
def test_where_somebody_stands(one: Customer, expected: tuple[Bucket, str]) -> None:
    assert stands(one) == Standing(*expected)


def test_who_is_not_in_the_audience_stands_nowhere_unless_asked() -> None:
    assert stands(customer(), matches=False) is None
    assert stands(replace(customer(), profile=None)) is None
    assert stands(asked(), matches=False) == Standing(Bucket.SENT, "sent")


def test_a_round_is_looked_at_by_itself() -> None:
    twice = asked(2, Outcome.MISSED, state="failed")

    assert stands(twice, cycle=1) == Standing(Bucket.SENT, "sent")
    assert stands(twice, cycle=2) == stands(twice) == Standing(Bucket.FAILED, "failed")
    assert stands(twice, cycle=4) == Standing(Bucket.HELD, "earlier-round")


def test_what_does_not_run_holds_everyone() -> None:
    assert stands(customer(), by=replace(NPS, state=State.PAUSED)) == Standing(Bucket.HELD, "campaign-paused")


def test_a_one_time_campaign_has_each_once() -> None:
    once = replace(NPS, kind=Kind.ONE_TIME_EMAIL, schedule=Schedule())

    assert stands(customer(), by=once) == Standing(Bucket.DUE_LATER, "one-time")
    assert stands(asked(), by=once, cycle=2) == Standing(Bucket.HELD, "already-surveyed")


OUTCOMES = st.sampled_from([None, *Outcome])
STATES = st.sampled_from(["sent", "unknown", "bounced", "expired", "failed", "suppressed"])
PEOPLE = st.one_of(
    st.builds(
        lambda cycle, outcome, state: asked(cycle, outcome, state=state, suppressed=state == "suppressed"),
        st.integers(1, 3),
        OUTCOMES,
        STATES,
    ),
    st.builds(
        lambda status, quiet, away: customer(
            survey(NOON - quiet, "other"), status=status, paused_until=away and NOON + away, added=NOON - days(40)
        ),
        st.sampled_from([None, "unsubscribed", "hard_bounced"]),
        st.timedeltas(timedelta(), days(200)),
        st.none() | st.timedeltas(timedelta(), days(90)),
    ),
)


@settings(max_examples=200, deadline=None)
@given(people=st.lists(st.tuples(PEOPLE, st.booleans()), max_size=20), cycle=st.none() | st.integers(1, 4))
def test_the_places_add_up_to_the_audience(people: list[tuple[Customer, bool]], cycle: int | None) -> None:
    rules = Rules(quiet_period_days=30)
    standings = [stands(one, cycle=cycle, matches=matches, rules=rules) for one, matches in people]
    found = counts((place, 1) for place in standings if place is not None)

    claimed = [one.claims["nps"].cycle if one.claims else 0 for one, _ in people]
    audience = sum(matches or (last >= (cycle or 1)) for (_, matches), last in zip(people, claimed, strict=True))
    assert sum(sum(by_rule.values()) for by_rule in found.values()) == audience
