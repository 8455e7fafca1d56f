"""A daily cap, day by day."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.cap import MAX_DAYS, CapDay, admit, first_moment, turned_away
from services.scheduler.domain.limits import Rules, day_of
from services.scheduler.domain.next_survey import next_survey
from tests.scheduler.domain.cases import NOON, campaign, customer, days, running

MONDAY = date(2026, 11, 23)
Admit = Callable[[CapDay, int], tuple[CapDay, int]]


def test_the_first_go_out_and_the_others_get_days_in_their_order() -> None:
    today, waits = CapDay(campaign_id="nps", day=MONDAY), []
    for _ in range(8):
        today, wait = admit(today, 3)
        waits.append(wait)

    assert waits == [0, 0, 0, 1, 1, 1, 2, 2]
    assert (today.sent, today.turned) == (3, 5)


def test_nobody_waits_more_than_a_year_before_asking_again() -> None:
    full = CapDay(campaign_id="nps", day=MONDAY, sent=1, turned=10**6)

    assert admit(full, 1)[1] == MAX_DAYS


def test_the_turn_comes_with_the_companys_day() -> None:
    tokyo = Rules(timezone="Asia/Tokyo")
    late = datetime(2026, 11, 23, 16, tzinfo=UTC)
    today = CapDay(campaign_id="nps", day=day_of(late, tokyo), sent=5)

    turned = turned_away(customer(), today, 5, 1, tokyo)

    assert today.day == date(2026, 11, 24)
    assert next_survey(turned, running(campaign(daily_cap=5)), tokyo, late).at == first_moment(today.day, 1, tokyo)
    assert first_moment(today.day, 1, tokyo) == datetime(2026, 11, 24, 15, tzinfo=UTC)


def run_days(arrivals: list[int], cap: int, decide: Admit) -> tuple[Counter[int], list[int]]:
    """Who arrives on which day, lets through by `decide`: how many went out each day, and who in which order."""
    line = [(day, number) for number, day in enumerate(sorted(arrivals))]
    sent, order = Counter[int](), list[int]()
    for day in range(400):
        today = CapDay(campaign_id="nps", day=MONDAY + timedelta(days=day))
        for arrived, number in [one for one in line if one[0] <= day]:
            line.remove((arrived, number))
            today, wait = decide(today, cap)
            if wait:
                line.append((day + wait, number))
            else:
                sent[day] += 1
                order.append(number)
        line.sort()
        if not line:
            break
    return sent, order


ARRIVALS = st.lists(st.integers(0, 5), max_size=60)


@settings(max_examples=150, deadline=None)
@given(ARRIVALS, st.integers(1, 10))
def test_no_day_is_above_the_cap_and_everyone_comes_to_the_turn(arrivals: list[int], cap: int) -> None:
    sent, order = run_days(arrivals, cap, admit)

    assert max(sent.values(), default=0) <= cap
    assert sorted(order) == list(range(len(arrivals)))


def test_those_who_all_came_together_go_in_their_order() -> None:
    _, order = run_days([0] * 50, 7, admit)

    assert order == sorted(order)


def test_a_cap_that_does_not_count_is_noticed() -> None:
    def forgetful(today: CapDay, cap: int) -> tuple[CapDay, int]:
        return replace(today, sent=0), admit(today, cap)[1]

    assert max(run_days([0] * 9, 3, forgetful)[0].values()) > 3


@pytest.mark.parametrize("cap", [1, 4])
def test_a_stopped_scheduler_catches_up_within_the_cap(cap: int) -> None:
    """Nothing was claimed for four days: on the fifth no more go out than on any other."""
    who = [customer(added=NOON - days(10 - number)) for number in range(5)]
    dates = [next_survey(one, running(campaign(daily_cap=cap)), Rules(), NOON).at for one in who]
    today, went = CapDay(campaign_id="nps", day=MONDAY), 0
    for at in dates:
        assert at is not None
        assert at <= NOON
        today, wait = admit(today, cap)
        went += not wait

    assert went == cap
