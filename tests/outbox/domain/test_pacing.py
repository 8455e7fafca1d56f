"""Pacing: halved at once, recovered slowly, and never more mails than the pace allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.outbox.domain.pacing import LEAST_RATE, Pace, asks_for_less, destination, slowed, taken

START = datetime(2026, 11, 26, tzinfo=UTC)
FULL = 100.0
STEPS = st.lists(st.tuples(st.floats(0, 600), st.one_of(st.none(), st.integers(1, 50))), max_size=30)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_no_more_go_out_than_the_fastest_pace_so_far_lets(steps: list[tuple[float, int | None]]) -> None:
    """None among the steps: it asks for less."""
    pace: Pace | None = slowed(None, "d", START, FULL)
    now, sent, fastest = START, 0, FULL / 2
    for seconds, wanted in steps:
        assert pace is not None
        now += timedelta(seconds=seconds)
        before = pace.rate
        if wanted is None:
            pace = slowed(pace, "d", now, FULL)
            assert pace.rate >= LEAST_RATE
            continue
        pace, granted = taken(pace, now, wanted, FULL)
        if pace is None:
            return
        assert before <= pace.rate < FULL
        assert (0 <= granted <= wanted, pace.tokens >= 0) == (True, True)
        fastest = max(fastest, pace.rate)
        sent += granted
        assert sent <= fastest * (now - START).total_seconds() + 1


def test_it_is_halved_once_for_refusals_that_came_together_and_again_for_later_ones() -> None:
    first = slowed(None, "d", START, FULL)
    assert (first.rate, first.tokens) == (50, 0)
    assert slowed(first, "d", START + timedelta(seconds=5), FULL) == first
    later = START + timedelta(seconds=60)
    assert slowed(first, "d", later, FULL).rate == pytest.approx(50 * 1.1 / 2)


def test_it_recovers_by_a_tenth_a_minute_until_there_is_no_limit() -> None:
    pace = slowed(None, "d", START, FULL)
    after, granted = taken(pace, START + timedelta(seconds=60), 10, FULL)
    assert after is not None
    assert after.rate == pytest.approx(55)
    assert granted == 10
    assert taken(pace, START + timedelta(minutes=8), 10, FULL) == (None, 10)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pace = replace(slowed(None, "d", START, FULL), tokens=0.5)
    assert taken(pace, START - timedelta(seconds=60), 10, FULL) == (pace, 0)


@pytest.mark.parametrize(
    ("code", "text", "less"),
    [
        (421, "come back later", True),
        (451, "4.7.0 too many mails", True),
        (450, "4.7.28 rate limited", True),
        (450, "4.2.2 mailbox full", False),
        (550, "5.7.1 no", False),
        (250, "2.0.0 kept", False),
    ],
)
def test_what_asks_for_less(code: int, text: str, less: bool) -> None:
    assert asks_for_less(code, text) is less


def test_a_destination_is_the_domain_in_small_letters() -> None:
    assert destination("Ada@Busy.Example") == "busy.example"
