"""Which reminder goes out, when, and what stops them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.scheduler.domain.campaign import State
from services.scheduler.domain.customer import Claim, Customer, Outcome
from services.scheduler.domain.limits import Rules, SendWindow
from services.scheduler.domain.parts import Channel, Condition, Reminder
from services.scheduler.domain.reminding import (
    Ask,
    Decision,
    PassOver,
    Plan,
    Sent,
    Stop,
    Wait,
    asked,
    decide,
    passed_over,
    planned,
    remind,
    stopped,
)
from tests.scheduler.domain.cases import NOON, campaign, customer, days

HOUR = timedelta(hours=1)
REMINDERS = (
    Reminder(after_hours=48, condition=Condition.NOT_OPENED),
    Reminder(after_hours=24, condition=Condition.NOT_ANSWERED),
)
NPS = replace(campaign(), reminders=REMINDERS)
PLAN = Plan(dispatch_id="d", customer_id="ada", campaign_id="nps", number=1, since=NOON - days(2), due_at=NOON)
ADA = customer(claims={"nps": Claim(cycle=1, dispatch_id="d", at=NOON - days(2), expires_at=NOON)})


def sent(number: int = 0, **more: Any) -> Sent:
    values: dict[str, Any] = {
        "dispatch_id": "d" if number == 0 else f"d{number}",
        "number": number,
        "outcome": Outcome.SURVEYED,
        "at": NOON - days(2),
        "state": "sent",
        "opened": False,
        "answered": False,
    }
    return Sent(**{**values, **more})


def decision(plan: Plan = PLAN, *known: Sent, answered: bool = False, who: Customer = ADA, by: Any = NPS) -> Decision:
    return decide(plan, known or (sent(),), answered, who, by, Rules(), NOON)


SECOND = replace(PLAN, number=2, since=NOON - days(1))
TUESDAYS = SendWindow(weekdays=(2,), from_minute=540, to_minute=600)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (decision(), Ask()),
        (decision(PLAN, sent(opened=True)), PassOver()),
        (decision(SECOND, sent(opened=True)), Ask()),
        (decision(SECOND, sent()), PassOver()),
        (decision(SECOND, sent(), sent(1, opened=True)), Ask()),
        (decision(replace(PLAN, since=NOON - days(1))), Wait(NOON + days(1))),
        (decision(by=replace(NPS, send_window=TUESDAYS)), Wait(NOON + 21 * HOUR)),
        (decision(by=replace(NPS, state=State.PAUSED)), Wait(NOON + HOUR / 4)),
        (decision(by=replace(NPS, state=State.FINISHED)), Stop("campaign-finished")),
        (decision(answered=True), Stop("answered")),
        (decision(PLAN, sent(state="responded")), Stop("answered")),
        (decision(PLAN, sent(), sent(1, answered=True)), Stop("answered")),
        (decision(PLAN, sent(state="bounced")), Stop("bounced")),
        (decision(PLAN, sent(outcome=Outcome.MISSED, state="failed")), Stop("not-sent")),
        (decision(SECOND, sent(), sent(1, outcome=Outcome.MISSED, state="taken-back")), Stop("taken-back")),
        (decision(who=replace(ADA, status="unsubscribed")), Stop("unsubscribed")),
        (decision(who=replace(ADA, refused_campaigns=("nps",))), Stop("refused")),
        (decision(who=replace(ADA, paused_until=NOON + days(9))), Stop("paused")),
        (decision(who=replace(ADA, paused_until=NOON - days(9))), Ask()),
        (decision(who=Customer(id="ada", erased=True)), Stop("erased")),
        (decision(who=customer(claims={"nps": replace(ADA.claims["nps"], dispatch_id="e")})), Stop("new-round")),
        (decision(replace(PLAN, number=3)), Stop("no-more")),
        (decision(replace(PLAN, since=NOON - days(30))), Stop("too-late")),
        (decision(replace(PLAN, offered_until=NOON + HOUR)), Wait(NOON + HOUR)),
        (decision(replace(PLAN, offered_until=NOON)), PassOver()),
    ],
)
def test_what_comes_of_a_reminder_now(found: Decision, expected: Decision) -> None:
    assert found == expected


def test_the_next_reminder_is_counted_from_the_one_before() -> None:
    first = planned(replace(PLAN, due_at=None), [sent()], REMINDERS)
    on_its_way = planned(first, [sent(), sent(1, outcome=Outcome.OPEN)], REMINDERS)
    second = planned(on_its_way, [sent(), sent(1, at=NOON)], REMINDERS)
    last = planned(second, [sent(), sent(1), sent(2, at=NOON)], REMINDERS)

    assert (first.number, first.due_at) == (1, NOON)
    assert on_its_way.due_at is None
    assert (second.number, second.due_at) == (2, NOON + 24 * HOUR)
    assert (last.number, last.due_at) == (3, None)


def test_one_that_was_passed_over_is_never_taken_up_again() -> None:
    after = passed_over(PLAN, REMINDERS, NOON)

    assert (after.number, after.due_at) == (2, NOON + 24 * HOUR)
    assert planned(after, [sent(opened=True)], REMINDERS) == after
    assert passed_over(after, REMINDERS, NOON).ended == "no-more"


def test_what_is_stopped_stays_so_whatever_is_heard_later() -> None:
    ended = stopped(PLAN, "answered", NOON)

    assert planned(ended, [sent(), sent(1)], REMINDERS) == ended


def test_a_reminder_has_its_own_template_and_names_what_it_reminds_of() -> None:
    own = replace(NPS, reminders=(replace(REMINDERS[0], template_id="again"),))

    found = remind(PLAN, 3, own, "r", NOON)

    assert (found.id, found.reason, found.reminds_of, found.template_id) == ("nps|ada|3|1", "reminder", "d", "again")
    assert asked(PLAN, own, NOON).due_at is None


def test_one_for_the_app_is_offered_there_for_as_long_as_a_survey_may_be_sent() -> None:
    in_app = replace(NPS, reminders=(replace(REMINDERS[0], channel=Channel.IN_APP),))

    offered = asked(PLAN, in_app, NOON)

    assert offered.offered_until == offered.due_at == NOON + 48 * HOUR
