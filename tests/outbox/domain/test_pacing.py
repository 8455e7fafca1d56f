"""Pacing: halved at once, recovered slowly, and never more mails than the pace allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.outbox.domain.pacing import (
    HELD_FOR,
    LEAST_RATE,
    Full,
    Pace,
    asks_for_less,
    connections,
    destination,
    seated,
    slowed,
    taken,
    under_way,
)

START = datetime(2026, 11, 26, tzinfo=UTC)
FULL = Full(rate=100.0, connections=20)
STEPS = st.lists(st.tuples(st.floats(0, 600), st.one_of(st.none(), st.integers(1, 50))), max_size=30)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_no_more_go_out_than_the_fastest_pace_so_far_lets(steps: list[tuple[float, int | None]]) -> None:
    """None among the steps: it asks for less."""
    pace: Pace | None = slowed(None, "d", START, FULL)
    now, sent, fastest = START, 0, FULL.rate / 2
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
        assert before <= pace.rate < FULL.rate
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


@pytest.mark.parametrize(
    ("servers", "found"),
    [
        ((), "busy.example"),
        (("aspmx.l.google.com", "alt1.aspmx.l.google.com"), "google.com"),
        (("busy-example.mail.protection.outlook.com",), "outlook.com"),
        (("MX1.Mail.Host.CO.UK.",), "host.co.uk"),
        (("mx.posteo.de",), "posteo.de"),
        (("mail.com.br",), "mail.com.br"),
        (("localhost",), "localhost"),
    ],
)
def test_a_destination_is_who_runs_the_mail_servers_or_else_the_domain(servers: tuple[str, ...], found: str) -> None:
    assert destination("Ada@Busy.Example", servers) == found


def test_fewer_connections_follow_from_a_lower_rate_and_there_is_always_one() -> None:
    pace = slowed(None, "d", START, FULL)
    assert connections(pace, FULL) == 10
    assert connections(replace(pace, rate=26), FULL) == 5
    assert connections(replace(pace, rate=0.01), FULL) == 1


ASKS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12), st.floats(0, 5)), max_size=30)


@given(ASKS)
def test_all_processes_together_have_no_more_connections_than_there_are(asks: list[tuple[str, int, float]]) -> None:
    pace, now = slowed(None, "d", START, FULL), START
    for holder, wanted, seconds in asks:
        now += timedelta(seconds=seconds)
        pace, granted = seated(pace, holder, wanted, now, FULL)
        assert 0 <= granted <= wanted
        assert under_way(pace, now) <= connections(pace, FULL)


def test_who_asks_alone_gets_all_and_what_a_dead_process_held_is_free_again() -> None:
    pace, first = seated(slowed(None, "d", START, FULL), "a", 50, START, FULL)
    pace, second = seated(pace, "b", 1, START, FULL)
    assert (first, second) == (10, 0)

    pace, later = seated(pace, "b", 3, START + HELD_FOR, FULL)
    assert (later, under_way(pace, START + HELD_FOR)) == (3, 3)


def test_where_there_are_fewer_than_were_given_out_each_gives_up_its_share() -> None:
    pace, _ = seated(slowed(None, "d", START, FULL), "a", 6, START, FULL)
    pace, _ = seated(pace, "b", 4, START, FULL)
    pace = replace(pace, rate=25)
    pace, first = seated(pace, "a", 6, START, FULL)
    pace, second = seated(pace, "b", 4, START, FULL)
    assert (first, second, connections(pace, FULL)) == (3, 2, 5)
