"""The demo company: always the same, of the size that is promised, and nothing in it that a service would refuse."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from sounding_contracts import decode
from sounding_contracts.integrations import CustomerSync

from deploy.local.demo.company import GONE, Person, answered_at, people

NOW = datetime(2026, 11, 23, 12, 30, 15, 123_000, tzinfo=UTC)
SCALES = {"relationship-nps": range(11), "support-ces": range(1, 8), "onboarding-csat": range(1, 6)}


@pytest.fixture(scope="module")
def company() -> list[Person]:
    return list(people())


def test_it_is_the_same_each_time(company: list[Person]) -> None:
    assert list(people()) == company


def test_it_has_two_thousand_people_with_addresses_of_their_own(company: list[Person]) -> None:
    assert len({one.email for one in company}) == len({one.subject for one in company}) == 2_000
    assert all(one.email.endswith(".example") for one in company)


def test_every_event_is_one_that_integrations_send(company: list[Person]) -> None:
    for one in company:
        decode(json.dumps(one.event).encode(), [], {CustomerSync.type: CustomerSync})


def test_a_year_of_answers_lies_within_the_year_and_on_the_scale(company: list[Person]) -> None:
    said = [answer for one in company for answer in one.said]

    assert len(said) > 2_000
    assert all(answer.score in SCALES[answer.campaign_id] for answer in said)
    quarters = Counter(int(answer.days_ago // 91) for answer in said)
    assert set(quarters) == {0, 1, 2, 3}
    assert min(quarters.values()) > 400
    assert all(0 < (NOW - answered_at(answer, NOW)).days < 365 for answer in said)
    assert sum(answer.comment is not None for answer in said) > 500


def test_some_have_left_and_some_want_no_surveys(company: list[Person]) -> None:
    assert 10 < sum(one.email.startswith(GONE) for one in company) < 40
    assert 10 < sum(one.unsubscribes is not None for one in company) < 60
