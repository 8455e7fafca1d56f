"""Half a year of a small company: the rules keep every promise, and rules that are a little wrong do not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from services.scheduler.domain.campaign import Running
from services.scheduler.domain.cap import CapDay
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.domain.settling import settled
from services.scheduler.domain.simulation.report import report
from services.scheduler.domain.simulation.world import Core, World, world
from services.scheduler.store import run
from sounding.__main__ import app

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
Look = Callable[[Customer, Sequence[Running], Rules, datetime], Customer]


def lived(core: Core | None = None, *, customers: int = 90, days: int = 75, seed: int = 7) -> World:
    made = world(customers, Random(seed), BEGINS, run, core)
    for _ in made.run(days):
        if made.audit.breaches:
            break
    return made


def test_every_promise_is_kept() -> None:
    made = lived(customers=150, days=180)
    found = report(made, 180)

    assert found["broken"] == []
    assert set(found["surveys_a_campaign"]) == {"nps", "ces", "night", "silent"}
    assert found["surveys"] == sum(made.audit.by_customer.values()) > 300


def test_the_same_seed_is_the_same_company() -> None:
    first, again = report(lived(days=20), 20), report(lived(days=20), 20)

    assert first == again
    assert first != report(lived(days=20, seed=8), 20)


def deaf_to_a_no(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    found = settled(replace(customer, status=None), running, rules, now)
    return replace(customer, next=found.next, look_at=found.look_at)


def deaf_to_a_rest(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    found = settled(replace(customer, paused_until=None, refused_campaigns=(), refused_brands=()), running, rules, now)
    return replace(customer, next=found.next, look_at=found.look_at)


def restless(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    return settled(customer, running, replace(rules, quiet_period_days=0), now)


def everywhere_vienna(customer: Customer, running: Sequence[Running], rules: Rules, now: datetime) -> Customer:
    known = replace(customer, profile={**(customer.profile or {}), "timezone": "Europe/Vienna"})
    found = settled(known, running, rules, now)
    return replace(customer, next=found.next, look_at=found.look_at)


def forgetful(customer: Customer, _: Occurrence) -> Customer:
    return customer


def without_caps(
    customers: Sequence[Customer], days: dict[str, CapDay], *_: Any
) -> tuple[list[Customer], dict[str, CapDay]]:
    return list(customers), days


@pytest.mark.parametrize(
    ("core", "breach"),
    [
        (Core(look=deaf_to_a_no), "after "),
        (Core(look=deaf_to_a_rest), "at rest|refused"),
        (Core(look=restless), "in the quiet period"),
        (Core(look=everywhere_vienna), "out of window"),
        (Core(claimed=forgetful), "twice|quiet"),
        (Core(within_caps=without_caps), "above its cap"),
    ],
    ids=["a no", "a rest", "the quiet period", "a zone", "a claim", "a cap"],
)
def test_rules_that_forget_something_are_noticed(core: Core, breach: str) -> None:
    broken = lived(core).audit.broken

    assert broken
    assert any(part in broken[0] for part in breach.split("|"))


def test_the_command_says_what_it_found() -> None:
    done = CliRunner().invoke(app, ["simulate", "--customers", "30", "--days", "10"])

    assert done.exit_code == 0, done.output
    assert "Every promise was kept." in done.output
