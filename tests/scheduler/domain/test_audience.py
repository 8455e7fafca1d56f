"""Audiences that look back from now."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounding_contracts.customers import CustomerChanged

from chassis.errors import Invalid
from services.profile.schemas.customers import CUSTOMER_FIELDS
from services.scheduler.domain.audience import looking_back, resolved, turns_at
from services.scheduler.events import profile_row
from services.scheduler.schemas.audience import AUDIENCE_FIELDS, audience
from tests.scheduler.domain.cases import NOON, customer, days, survey

LONG_AGO = {"field": "last_survey_at", "op": "lt", "value": {"days_ago": 30}}


def test_days_ago_is_a_moment_before_now() -> None:
    tree = {"all": [LONG_AGO, {"not": {"field": "tags", "op": "has", "value": "vip"}}]}

    found = resolved(tree, NOON)

    assert found["all"][0]["value"] == (NOON - days(30)).isoformat()
    assert found["all"][1] == tree["all"][1]


def test_a_customer_begins_to_match_without_being_touched() -> None:
    facts = customer(survey(NOON - days(29))).facts
    turns = turns_at(facts, looking_back(LONG_AGO), NOON)

    assert not audience(LONG_AGO, NOON).matches(facts)
    assert turns is not None
    assert audience(LONG_AGO, turns).matches(facts)


@pytest.mark.parametrize(
    ("clause", "place"),
    [
        ({"field": "last_survey_at", "op": "lt", "value": {"days_ago": "30"}}, "audience.value"),
        ({"field": "last_survey_at", "op": "lt", "value": {"days_ago": -1}}, "audience.value"),
        ({"field": "last_survey_at", "op": "lt", "value": {"days_ago": True}}, "audience.value"),
        ({"field": "last_survey_at", "op": "lt", "value": {"days_ago": float("nan")}}, "audience.value"),
        ({"field": "last_survey_at", "op": "exists", "value": {"days_ago": 3}}, "audience.value"),
        ({"field": "city", "op": "lt", "value": {"days_ago": 3}}, "audience.value"),
        ({"field": ["city"], "op": "lt", "value": {"days_ago": 3}}, "audience.value"),
        ({"field": "last_survey_at", "op": "lt", "value": {"days": 3}}, "audience.value"),
        ({"all": [{"field": "last_survey_at", "op": "lt", "value": {"days_ago": None}}]}, "audience.all.0.value"),
    ],
)
def test_what_is_not_so_many_days_is_refused_by_its_place(clause: Any, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        audience(clause, NOON)

    assert refused.value.field == place


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ({"segment": "s1"}, "audience.segment"),
        ({"all": [{"field": "city", "op": "exists"}, {"segment": "s1"}]}, "audience.all.1.segment"),
    ],
)
def test_a_segment_is_refused_with_the_way_to_use_it(tree: Any, place: str) -> None:
    with pytest.raises(Invalid, match="give the filter of the segment") as refused:
        audience(tree, NOON)

    assert refused.value.field == place


def test_a_filter_of_customers_means_the_same_as_an_audience() -> None:
    """So that a segment's can be copied: what both know is of one kind, and compared in one way."""
    known = AUDIENCE_FIELDS.keys() & CUSTOMER_FIELDS.keys()

    assert known == AUDIENCE_FIELDS.keys()
    for name in known:
        ours, theirs = AUDIENCE_FIELDS[name], CUSTOMER_FIELDS[name]
        assert (ours.kind, ours.folded) == (theirs.kind, theirs.folded), name


def test_an_address_is_found_however_it_is_written() -> None:
    data = CustomerChanged(
        id="ada",
        email="Ada@Example.com",
        canonical_email="ada@example.com",
        source="crm",
        created_at=NOON,
        changed_at=NOON,
    )
    facts = customer(profile=profile_row(data)).facts

    assert audience({"field": "email", "op": "eq", "value": "ADA@example.com"}, NOON).matches(facts)


def test_a_tree_that_is_far_too_deep_is_refused() -> None:
    tree: Any = LONG_AGO
    for _ in range(900):
        tree = {"not": tree}

    with pytest.raises(Invalid):
        audience(tree, NOON)


AGO = st.builds(
    lambda field, op, ago: {"field": field, "op": op, "value": {"days_ago": ago}},
    st.sampled_from(["created_at", "last_survey_at"]),
    st.sampled_from(["lt", "lte", "gt", "gte"]),
    st.integers(0, 40),
)
TREES = st.recursive(
    AGO,
    lambda part: st.one_of(
        st.builds(
            lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any"]), st.lists(part, min_size=1, max_size=3)
        ),
        part.map(lambda one: {"not": one}),
    ),
    max_leaves=5,
)
HOURS = st.integers(-40 * 24, 0)


@settings(max_examples=200, deadline=None)
@given(TREES, HOURS, HOURS, st.floats(0, 1, exclude_max=True))
def test_until_the_moment_that_is_told_the_answer_stays(tree: Any, added: int, surveyed: int, share: float) -> None:
    facts = customer(survey(NOON + timedelta(hours=surveyed)), added=NOON + timedelta(hours=added)).facts
    turns = turns_at(facts, looking_back(tree), NOON)
    between = NOON + ((turns or NOON + days(1000)) - NOON - timedelta(milliseconds=1)) * share

    assert audience(tree, NOON).matches(facts) is audience(tree, between).matches(facts)
