"""How much a process claims ahead of its workers: enough for them, and little that has to be looked at again."""

from services.outbox.jobs.sending import MOST_AT_ONCE, Stock


def _after(left: int, seconds: float, *, workers: int = 50, had: int = 1_000) -> Stock:
    stock = Stock(workers)
    stock.now_has(10.0, had)
    stock.wanted(10.0 + seconds, left)
    return stock


def test_at_first_each_worker_gets_one() -> None:
    assert Stock(50).wanted(10.0, 0) == 50


def test_what_is_claimed_lasts_for_a_moment_at_the_pace_of_the_workers() -> None:
    stock = Stock(50)
    stock.now_has(10.0, 1_000)
    assert stock.wanted(11.0, 0) == 150
    assert stock.least == 50


def test_slow_workers_are_not_waited_for_until_nothing_is_left() -> None:
    assert _after(left=980, seconds=1.0).least == 2


def test_who_is_very_fast_claims_no_more_than_a_transaction_takes() -> None:
    stock = Stock(50)
    stock.now_has(10.0, 10_000)
    assert stock.wanted(11.0, 0) == MOST_AT_ONCE


def test_what_was_given_back_or_came_at_once_counts_as_nothing_strange() -> None:
    assert _after(left=1_200, seconds=1.0).least == 0
    assert _after(left=0, seconds=0.0).least == 50
