"""Audiences: Python and MongoDB answer alike; counted in time; with the reason for each sample."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.filters import clauses
from chassis.mongo import Database, open_database
from services.scheduler import store
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.limits import Rules
from services.scheduler.domain.settling import settled
from services.scheduler.schemas.audience import audience, counted
from services.scheduler.store import audiences as counting
from services.scheduler.views import audiences as views
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.scheduler.domain.cases import NOON, campaign, customer, days, running, survey

MANY = 40


@pytest.fixture
async def db(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Database]:
    """A database with a few dozen customers of all kinds."""
    opened = open_database(infrastructure.mongodb, f"{prefix.database}audiences")
    await opened.ensure_indexes({store.CUSTOMERS: store.INDEXES[store.CUSTOMERS]})
    rows = [store.document_of(one, 1) for one in people()]
    await opened.collection(store.CUSTOMERS).insert_many(rows)
    yield opened
    await opened.drop_database()
    opened.close()


def people() -> list[Customer]:
    return [settled(_person(number), running(campaign()), Rules(), NOON) for number in range(MANY)]


def _person(number: int) -> Customer:
    who = customer(
        *([survey(NOON - days(number % 40))] if number % 3 else []),
        added=NOON - days(number * 2),
        last_score=number % 11 if number % 4 else None,
        status=("unsubscribed", "hard_bounced", None, None, None)[number % 5],
    )
    profile = {
        **(who.profile or {}),
        "city": ("Wien", "Graz", None)[number % 3],
        "source": ("csv", "crm")[number % 2],
        "tag_keys": [tag for tag, every in (("vip", 2), ("straße".casefold(), 3)) if number % every == 0],
        "properties": {"plan": ("pro", 5, True, None)[number % 4], "seats": number},
        "deleted_at": NOON if number == 7 else None,
    }
    return replace(who, id=f"c{number:02}", profile=profile)


AGO = st.integers(0, 60).map(lambda ago: {"days_ago": ago})
DAY = st.integers(0, 60).map(lambda ago: (NOON - days(ago)).isoformat())
ORDERED = st.sampled_from(["lt", "lte", "gt", "gte"])


def clause(field: str, op: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda op, value: {"field": field, "op": op, "value": value}, op, value)


CLAUSES = st.one_of(
    clause("last_survey_at", ORDERED, AGO | DAY),
    clause("created_at", ORDERED, AGO | DAY),
    clause("last_score", ORDERED | st.sampled_from(["eq", "ne"]), st.integers(0, 10)),
    clause("status", st.sampled_from(["eq", "ne"]), st.sampled_from(["unsubscribed", "hard_bounced"])),
    clause("source", st.just("in"), st.sampled_from([["csv"], ["crm", "other"], ["other"]])),
    clause("city", st.sampled_from(["eq", "ne", "contains"]), st.sampled_from(["Wien", "GRAZ", "a"])),
    clause("tags", st.sampled_from(["has", "has_not"]), st.sampled_from(["VIP", "Straße", "none"])),
    clause("properties.plan", st.sampled_from(["eq", "ne"]), st.sampled_from(["pro", 5, True])),
    clause("properties.seats", ORDERED, st.integers(0, 40)),
    st.builds(
        lambda field, op: {"field": field, "op": op},
        st.sampled_from(["last_survey_at", "last_score", "status", "city", "tags", "properties.plan"]),
        st.sampled_from(["exists", "missing"]),
    ),
)
TREES = st.recursive(
    CLAUSES,
    lambda part: st.one_of(
        st.builds(
            lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any"]), st.lists(part, min_size=1, max_size=3)
        ),
        part.map(lambda one: {"not": one}),
    ),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
async def test_mongodb_finds_whom_python_lets_pass(db: Database, tree: dict[str, Any]) -> None:
    filter_ = audience(tree, NOON)
    rows = db.collection(store.CUSTOMERS)

    found = {row["_id"] async for row in rows.find(filter_.query(), {"_id": 1})}

    assert found == {one.id for one in people() if filter_.matches(one.facts)}


async def test_a_count_comes_with_five_of_them_and_the_reason(db: Database) -> None:
    tree = {"any": [{"field": "tags", "op": "has", "value": "VIP"}, {"field": "city", "op": "eq", "value": "Wien"}]}

    found = await views.count(db, tree, NOON)

    expected = [one for one in people() if audience(tree, NOON).matches(one.facts) and one.id != "c07"]
    assert (found.count, found.exact, len(found.samples)) == (len(expected), True, 5)
    for sample in found.samples:
        assert sample.matched
        assert all(one.holds for one in sample.matched)
        assert {one.place for one in sample.matched} <= {"audience.any.0", "audience.any.1"}


async def test_the_next_survey_can_be_counted_but_not_be_an_audience(db: Database) -> None:
    tree = {"field": "next_survey_kind", "op": "eq", "value": "dated"}

    found = await views.count(db, tree, NOON)

    assert found.count == sum(1 for one in people() if one.next and one.next.kind == "dated")
    assert [one.name for one in clauses(counted(tree, NOON))] == ["next_survey_kind"]
    with pytest.raises(Exception, match="there is no field"):
        audience(tree, NOON)


async def test_what_takes_too_long_is_counted_in_a_part_and_says_so(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTING_SECONDS", 0.0)
    monkeypatch.setattr(counting, "COUNTED_BUCKETS", store.BUCKETS)

    found = await views.count(db, {}, NOON)

    assert (found.count, found.exact) == (MANY - 1, False)


@pytest.mark.parametrize(
    "tree",
    [
        {"field": "tags", "op": "has", "value": "vip"},
        {"field": "source", "op": "eq", "value": "crm"},
        {"field": "last_survey_at", "op": "lt", "value": {"days_ago": 10}},
        {"field": "last_score", "op": "gte", "value": 9},
        {"field": "created_at", "op": "lt", "value": "2026-11-01"},
    ],
)
async def test_what_is_asked_most_is_counted_in_an_index_alone(db: Database, tree: dict[str, Any]) -> None:
    query = {"$and": [{"live": True}, audience(tree, NOON).query()]}
    plan = str((await db.collection(store.CUSTOMERS).find(query, {"_id": 0, "live": 1}).explain())["queryPlanner"])

    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan.split("rejectedPlans", maxsplit=1)[0]


async def test_a_fair_part_stands_for_all(db: Database) -> None:
    whole, once = await store.fair_part(db, {}, limit=MANY)
    part, times = await store.fair_part(db, {}, limit=MANY // 4)

    assert (once, whole) == (1, {"$and": [{"live": True}, {}]})
    assert times > 1
    assert 0 <= len([row async for row in store.matching(db, part)]) < MANY


def test_a_moment_that_is_near_is_on_the_right_side() -> None:
    tree = {"field": "last_survey_at", "op": "lte", "value": {"days_ago": 1}}
    facts = customer(survey(NOON - days(1))).facts

    assert audience(tree, NOON).matches(facts)
    assert not audience(tree, NOON - timedelta(milliseconds=1)).matches(facts)
