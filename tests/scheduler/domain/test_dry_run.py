"""What a campaign would do in the days ahead."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.scheduler.domain.campaign import Campaign, State
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.dry_run import SAMPLES, DryRun, as_if_on, dry_run
from services.scheduler.domain.limits import Rules, SendWindow
from tests.scheduler.domain.cases import NOON, campaign, customer, days, running, survey

DRAFT = campaign(state=State.DRAFT, activated_at=None)
WEEKDAYS = SendWindow(weekdays=(1, 2, 3, 4, 5), from_minute=9 * 60, to_minute=17 * 60)


def seen(
    what: Campaign, *who: Customer, others: tuple[Campaign, ...] = (), matches: bool = True, **rules: Any
) -> DryRun:
    on = as_if_on(what, NOON)
    (one,) = running(on, matches=matches)
    run = dry_run(on, one, running(*others), Rules(**rules), NOON, 30)
    for number, customer_ in enumerate(who):
        run.add(replace(customer_, id=f"c{number}"))
    return run


def counts(run: DryRun) -> dict[int, int]:
    return {offset: count for offset, (_, count) in enumerate(run.sends()) if count}


def test_whoever_is_older_goes_out_on_the_first_day_and_says_how_many() -> None:
    run = seen(replace(DRAFT, schedule=replace(DRAFT.schedule, first_after_days=12)), *[customer()] * 3)

    assert counts(run) == {2: 3}
    assert counts(seen(DRAFT, *[customer()] * 3)) == {0: 3}
    assert run.audience == 3


def test_a_cap_spreads_the_first_day_over_the_days_that_follow() -> None:
    run = seen(replace(DRAFT, daily_cap=2), *[customer()] * 5)

    assert counts(run) == {0: 2, 1: 2, 2: 1}
    assert run.beyond_cap() == 3


def test_without_a_cap_nobody_is_beyond_it() -> None:
    assert seen(DRAFT, *[customer()] * 5).beyond_cap() == 0


def test_short_intervals_come_more_than_once() -> None:
    assert counts(seen(campaign(every=10), customer())) == {0: 1, 10: 1, 20: 1}


def test_who_gets_none_is_told_by_reason_and_who_waits_by_rule() -> None:
    run = seen(
        replace(DRAFT, send_window=WEEKDAYS),
        customer(status="unsubscribed"),
        customer(refused_campaigns=("nps",)),
        customer(paused_until=NOON + days(12)),
        *[customer(survey(NOON - days(1), "ces"))] * (SAMPLES + 2),
        quiet_period_days=4,
    )

    assert {reason: heap.count for reason, heap in run.nothing.items()} == {"unsubscribed": 1, "refused": 1}
    run = seen(
        campaign(clock="this_campaign"),
        customer(paused_until=NOON + days(12)),
        *[customer(survey(NOON - days(1), "ces"))] * (SAMPLES + 2),
        quiet_period_days=4,
    )
    assert {by: heap.count for by, heap in run.held.items()} == {"paused": 1, "quiet-period": SAMPLES + 2}
    assert run.held["quiet-period"].samples == [f"c{number}" for number in range(1, SAMPLES + 1)]


def test_a_customer_whom_two_campaigns_want_is_a_clash() -> None:
    other = campaign("ces", first=5, clock="this_campaign", every=None)
    wanted_twice = seen(campaign(first=12, clock="this_campaign"), customer(), others=(other,))
    far_apart = seen(campaign(first=60), customer(), others=(replace(other, send_window=None),))

    assert {id_: heap.count for id_, heap in wanted_twice.clashes.items()} == {"ces": 1}
    assert far_apart.clashes == {}


def test_the_other_campaign_takes_the_turn() -> None:
    """By the clock of any campaign the other's survey puts this one off beyond these days."""
    run = seen(campaign(first=12), customer(), others=(campaign("early", first=5),))

    assert counts(run) == {}
    assert run.clashes["early"].count == 1


def test_whom_the_audience_does_not_match_is_not_in_it() -> None:
    run = seen(DRAFT, customer(), matches=False)

    assert (run.looked_at, run.audience, counts(run)) == (1, 0, {})


@pytest.mark.parametrize("state", [State.DRAFT, State.PAUSED])
def test_it_is_as_if_it_were_switched_on_now(state: State) -> None:
    assert as_if_on(campaign(state=state), NOON).activated_at == NOON
    assert as_if_on(campaign(), NOON).activated_at == NOON - timedelta(days=1000)
