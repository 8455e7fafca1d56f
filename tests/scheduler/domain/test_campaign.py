"""How a campaign may change."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import Refusal
from services.scheduler.domain.campaign import (
    Campaign,
    Kind,
    Metric,
    Schedule,
    State,
    activate,
    check,
    duplicate,
    edit,
    finish,
    pause,
    same_content,
)
from services.scheduler.domain.limits import SendWindow
from services.scheduler.domain.parts import Link, Questions, Trigger
from tests.scheduler.domain.cases import NOON, campaign, days

DRAFT = campaign(state=State.DRAFT, activated_at=None)
LATER = NOON + days(1)


def refusal(call: Any, *given: Any) -> tuple[str, str | None]:
    with pytest.raises(Refusal) as refused:
        call(*given)
    return refused.value.code, refused.value.field


def test_it_runs_from_the_moment_it_is_activated() -> None:
    active = activate(DRAFT, NOON)

    assert (active.state, active.activated_at, active.runs) == (State.ACTIVE, NOON, True)


def test_to_activate_or_pause_twice_changes_nothing() -> None:
    active = activate(DRAFT, NOON)

    assert activate(active, LATER) == active
    assert pause(pause(active, NOON), LATER) == pause(active, NOON)


def test_it_can_be_paused_and_activated_again() -> None:
    paused = pause(activate(DRAFT, NOON), NOON)

    assert not paused.runs
    assert activate(paused, LATER).activated_at == LATER


def test_a_draft_cannot_be_paused() -> None:
    assert refusal(pause, DRAFT, NOON) == ("campaign-not-active", "state")


def test_what_is_finished_stays_so() -> None:
    finished = finish(campaign(), NOON)

    assert finish(finished, LATER) == finished
    assert refusal(activate, finished, NOON)[0] == "campaign-finished"
    assert refusal(pause, finished, NOON)[0] == "campaign-not-active"
    assert refusal(edit, finished, replace(finished, name="Other"), NOON)[0] == "campaign-finished"


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        (campaign(first=None, every=None, state=State.DRAFT), ("schedule-missing", "schedule")),
        (replace(DRAFT, kind=Kind.TRANSACTIONAL), ("schedule-not-used", "schedule")),
        (replace(DRAFT, kind=Kind.TRANSACTIONAL, schedule=Schedule()), ("trigger-missing", "trigger")),
        (replace(DRAFT, kind=Kind.LINK, schedule=Schedule(), daily_cap=5), ("not-used", "daily_cap")),
        (replace(DRAFT, kind=Kind.IN_APP, schedule=Schedule(), daily_cap=5), ("not-used", "daily_cap")),
        (replace(DRAFT, schedule=Schedule(every_days=9, starts_at=NOON)), ("schedule-not-used", "schedule.starts_at")),
    ],
)
def test_what_cannot_run_is_not_activated(lacking: Any, expected: tuple[str, str]) -> None:
    assert refusal(activate, lacking, NOON) == expected
    active = campaign()
    assert refusal(edit, active, replace(lacking, state=active.state, activated_at=None), NOON)[0] in {
        expected[0],
        "campaign-was-active",
    }


def test_an_edit_says_when_it_was() -> None:
    edited = edit(DRAFT, replace(DRAFT, name="Other"), LATER)

    assert (edited.name, edited.changed_at) == ("Other", LATER)
    assert edit(edited, edited, NOON) == edited


@pytest.mark.parametrize(("field", "value"), [("metric", Metric.CES), ("kind", Kind.LINK)])
def test_what_it_measures_and_how_is_fixed_once_it_ran(field: str, value: Any) -> None:
    assert getattr(edit(DRAFT, replace(DRAFT, **{field: value}), NOON), field) == value
    paused = pause(campaign(), NOON)
    assert refusal(edit, paused, replace(paused, **{field: value}), NOON) == ("campaign-was-active", field)


def test_parts_must_fit_together() -> None:
    french = {"fr": Questions(question="Alors ?")}
    never = SendWindow(weekdays=(), from_minute=0, to_minute=5)

    assert refusal(check, replace(DRAFT, questions=french)) == ("campaign-not-valid", "default_language")
    assert refusal(check, replace(DRAFT, send_window=never)) == ("send-window-not-valid", "send_window.weekdays")
    assert check(replace(DRAFT, questions=french, default_language="fr")).questions == french


def test_the_same_campaign_is_known_again_whatever_became_of_it() -> None:
    later = replace(activate(DRAFT, LATER), seq=7, created_at=LATER)

    assert same_content(DRAFT, later)
    assert not same_content(DRAFT, replace(DRAFT, priority=1))


def test_a_part_belongs_to_its_kind() -> None:
    assert refusal(check, replace(DRAFT, trigger=Trigger(type="order.delivered"))) == ("campaign-not-valid", "trigger")
    assert check(replace(DRAFT, kind=Kind.LINK, link=Link())).link == Link()


@pytest.mark.parametrize(
    "ready",
    [
        replace(DRAFT, kind=Kind.ONE_TIME_EMAIL, schedule=Schedule(starts_at=LATER)),
        replace(DRAFT, kind=Kind.TRANSACTIONAL, schedule=Schedule(), trigger=Trigger(type="order.delivered")),
        replace(DRAFT, kind=Kind.IN_APP, schedule=Schedule()),
        replace(DRAFT, kind=Kind.LINK, schedule=Schedule()),
    ],
    ids=lambda one: str(one.kind),
)
def test_every_kind_can_run(ready: Campaign) -> None:
    assert activate(ready, NOON).runs


def test_a_copy_is_a_draft_that_says_the_same() -> None:
    copy = duplicate(replace(campaign(), seq=7), "copy", "Copy", LATER)

    assert (copy.id, copy.seq, copy.state, copy.created_at, copy.activated_at) == ("copy", 0, "draft", LATER, None)
    assert same_content(replace(copy, id="nps", name="NPS"), campaign())
