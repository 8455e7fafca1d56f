"""A round of a campaign for a customer."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict
from services.scheduler.domain.campaign import Kind, State
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import next_survey
from services.scheduler.domain.occurrence import Occurrence, begin, begin_by_hand, claimed
from tests.scheduler.domain.cases import NOON, campaign, customer, days, missed, running, survey, waiting

NPS = campaign(expires_after_hours=24)


def begun(who: Customer) -> Occurrence:
    found = next_survey(who, running(NPS), Rules(), NOON)
    return begin(who, found, NPS, NOON, lambda *parts: "-".join(map(str, parts)))


def test_the_first_round_is_the_initial_one() -> None:
    first = begun(customer())

    assert (first.id, first.cycle, first.dispatch_id, first.reason) == ("nps|ada|1", 1, "nps-ada-1", "initial")
    assert (first.not_before, first.expires_at) == (NOON, NOON + timedelta(hours=24))


def test_a_claim_puts_the_next_survey_off_at_once() -> None:
    after = claimed(customer(), begun(customer()))

    assert next_survey(after, running(NPS), Rules(), NOON).at == NOON + days(90)


def test_every_round_has_a_cycle_of_its_own() -> None:
    after = claimed(customer(), begun(customer()))
    due_again = customer(survey(NOON - days(91), id="nps-ada-1"), claims=after.claims)

    second = begun(due_again)

    assert (second.cycle, second.reason) == (2, "recurring")


def test_so_has_the_round_after_a_reset_and_after_one_that_came_to_nothing() -> None:
    after = claimed(customer(), begun(customer()))
    reset = customer(survey(NOON - days(1), id="nps-ada-1"), claims=after.claims, reset_at=NOON)
    retried = customer(missed(NOON - days(1), id="nps-ada-1"), claims=after.claims)

    assert [begun(who).cycle for who in (reset, retried)] == [2, 2]
    assert [begun(who).reason for who in (reset, retried)] == ["initial", "initial"]


def by_hand(who: Customer, quiet: int = 0, **campaign_more: Any) -> Occurrence:
    chosen = campaign(expires_after_hours=24, **campaign_more)
    return begin_by_hand(who, chosen, Rules(quiet_period_days=quiet), NOON, lambda *parts: "-".join(map(str, parts)))


def test_a_round_by_hand_follows_the_others_and_says_so() -> None:
    first = by_hand(
        customer(survey(NOON - days(1), id="nps-ada-1"), claims=claimed(customer(), begun(customer())).claims)
    )

    assert (first.cycle, first.reason, first.not_before) == (2, "manual", NOON)


@pytest.mark.parametrize(
    ("who", "more", "code"),
    [
        (customer(status="unsubscribed"), {}, "customer-not-surveyable"),
        (customer(status="hard_bounced"), {}, "customer-not-surveyable"),
        (customer(profile={"email": None, "deleted_at": None}), {}, "customer-not-surveyable"),
        (customer(profile={"email": "a@b.c", "deleted_at": NOON}), {}, "customer-not-surveyable"),
        (customer(waiting(NOON - days(1))), {}, "survey-under-way"),
        (claimed(customer(), begun(customer())), {}, "survey-under-way"),
        (customer(survey(NOON - days(6), "ces")), {"quiet": 7}, "quiet-period"),
        (customer(survey(NOON - days(6)), reset_at=NOON), {"quiet": 7}, "quiet-period"),
        (customer(), {"state": State.PAUSED}, "campaign-not-sending"),
        (customer(), {"kind": Kind.IN_APP}, "campaign-not-sending"),
    ],
)
def test_nothing_goes_out_by_hand_that_must_not(who: Customer, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        by_hand(who, **more)

    assert refused.value.code == code


@pytest.mark.parametrize("who", [customer(survey(NOON - days(8))), customer(waiting(NOON - days(1), "ces"))])
def test_after_the_rest_and_beside_another_campaign_it_does(who: Customer) -> None:
    assert by_hand(who, quiet=0).reason == "manual"
