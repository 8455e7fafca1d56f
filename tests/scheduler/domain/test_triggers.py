"""When a survey follows a trigger, and when nothing comes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduler.domain.campaign import Campaign, Kind, Schedule, State
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.domain.parts import Trigger
from services.scheduler.domain.triggers import Ask, Decision, Drop, Wait, Waiting, decide, expected, keys_of, sampled
from tests.scheduler.domain.cases import NOON, campaign, customer, days, running, survey

ORDER = replace(
    campaign("order"), kind=Kind.TRANSACTIONAL, schedule=Schedule(), trigger=Trigger(type="order.delivered")
)
TUESDAYS = SendWindow(weekdays=(2,), from_minute=540, to_minute=600)


def waiting(**more: object) -> Waiting:
    values: dict[str, object] = {
        "trigger_id": "t",
        "campaign_id": "order",
        "source": "shop",
        "event_id": "1",
        "type": "order.delivered",
        "keys": ("@ada@example.com",),
        "received_at": NOON - timedelta(minutes=1),
        "at": NOON,
        "give_up_at": NOON + days(2),
        "known_by": NOON + days(1),
    }
    return Waiting(**{**values, **more})  # type: ignore[arg-type]


def decision(
    one: Waiting | None = None,
    who: Customer | None = None,
    *,
    by: Campaign | None = ORDER,
    matches: bool = True,
    quiet: int = 0,
) -> Decision:
    (only,) = running(by, matches=matches) if by else (None,)
    return decide(one or waiting(), who or customer(), only, Rules(quiet_period_days=quiet), NOON)


@pytest.mark.parametrize(
    ("found", "expected_"),
    [
        (decision(), Ask()),
        (decision(by=None), Drop("campaign-finished")),
        (decision(by=replace(ORDER, state=State.FINISHED)), Drop("campaign-finished")),
        (decision(by=replace(ORDER, state=State.PAUSED)), Wait(NOON + timedelta(minutes=1), "campaign-paused")),
        (decision(who=customer(status="unsubscribed")), Drop("unsubscribed")),
        (decision(who=customer(refused_campaigns=("order",))), Drop("refused")),
        (decision(who=customer(profile={"deleted_at": None})), Drop("no-address")),
        (decision(matches=False), Drop("audience-not-matched")),
        (decision(who=Customer(id="ada")), Wait(NOON + timedelta(minutes=1, seconds=5), "customer-not-known")),
        (decision(waiting(known_by=NOON), Customer(id="ada")), Drop("customer-not-known")),
        (decision(waiting(give_up_at=NOON)), Drop("too-late")),
        (decision(waiting(at=NOON + days(1))), Wait(NOON + days(1), "delay")),
        (decision(who=customer(survey(NOON - days(9))), quiet=10), Wait(NOON + days(1), "quiet-period")),
        (decision(who=customer(survey(NOON - days(9))), quiet=30), Drop("quiet-period")),
        (decision(who=customer(paused_until=NOON + days(90))), Drop("paused")),
        (decision(by=replace(ORDER, send_window=TUESDAYS)), Wait(NOON + timedelta(hours=21), "send-window")),
        (decision(waiting(any_hour=True), by=replace(ORDER, send_window=TUESDAYS)), Ask()),
    ],
)
def test_what_comes_of_a_trigger_now(found: Decision, expected_: Decision) -> None:
    assert found == expected_


def test_the_triggers_own_delay_takes_the_place_of_the_campaigns() -> None:
    later = replace(ORDER, trigger=Trigger(type="x", delay_minutes=60), expires_after_hours=1)

    assert expected(later, None, NOON) == (NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    assert expected(later, 0, NOON) == (NOON, NOON + timedelta(hours=1))


def test_a_sample_is_the_same_for_ever_and_about_as_large_as_said() -> None:
    taken = [sampled(20, "order", str(number)) for number in range(2000)]

    assert 320 < sum(taken) < 480
    assert taken == [sampled(20, "order", str(number)) for number in range(2000)]
    assert all(
        after
        for before, after in zip(taken, (sampled(50, "order", str(n)) for n in range(2000)), strict=True)
        if before
    )
    assert sampled(100, "a")


def test_a_customer_is_found_by_the_sources_id_before_the_address() -> None:
    assert keys_of("shop", "7", "ada@example.com") == ("shop|7", "@ada@example.com")
    assert keys_of("shop", None, None) == ()
