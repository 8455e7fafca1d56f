"""A round of a campaign for a customer."""

from datetime import timedelta

from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.next_survey import next_survey
from services.scheduler.domain.occurrence import Occurrence, begin, claimed
from tests.scheduler.domain.cases import NOON, campaign, customer, days, missed, running, survey

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
