"""The filter language: what it takes, what it refuses, and that MongoDB and Python answer alike."""

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.errors import Invalid
from chassis.filters import BEYOND_CASE, Field, Kind, clauses, fold, parse
from chassis.mongo import Database, open_database
from tests.fixtures import Prefix
from tests.infrastructure import Shared

FIELDS = {
    "name": Field(Kind.TEXT, "name"),
    "rank": Field(Kind.NUMBER, "rank"),
    "made_at": Field(Kind.MOMENT, "made_at"),
    "labels": Field(Kind.LABELS, "label_keys", folded=True),
    "more.*": Field(Kind.ANY, "more.*"),
}
DOCUMENT: dict[str, Any] = {
    "name": "Müller & Söhne",
    "rank": 5,
    "made_at": datetime(2026, 11, 23, 10, tzinfo=UTC),
    "label_keys": ["vip", "straße".casefold()],
    "more": {"plan": "pro", "seats": 5, "open": True, "regions": ["north", "south"], "empty": None, "none": []},
}


def holds(field: str, op: str, *value: object) -> bool:
    clause: dict[str, object] = {"field": field, "op": op}
    return parse(clause | ({"value": value[0]} if value else {}), FIELDS).matches(DOCUMENT)


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("name", "eq", "Müller & Söhne", True),
        ("name", "eq", "müller & söhne", False),
        ("name", "ne", "Other", True),
        ("name", "contains", "SÖHNE", True),
        ("name", "contains", ".", False),
        ("name", "in", ["a", "Müller & Söhne"], True),
        ("rank", "eq", 5.0, True),
        ("rank", "gt", 5, False),
        ("rank", "gte", 5, True),
        ("rank", "lt", 5.5, True),
        ("rank", "lte", 4, False),
        ("made_at", "gt", "2026-11-23", True),
        ("made_at", "gte", "2026-11-23T11:00:00+01:00", True),
        ("made_at", "lt", "2026-11-23T10:00:00Z", False),
        ("labels", "has", "VIP", True),
        ("labels", "has", "STRASSE", True),
        ("labels", "has_not", "Vip", False),
        ("labels", "in", ["x", "Vip"], True),
        ("more.plan", "eq", "pro", True),
        ("more.plan", "eq", 5, False),
        ("more.seats", "eq", "5", False),
        ("more.seats", "gt", 4, True),
        ("more.seats", "gt", "4", False),
        ("more.open", "eq", True, True),
        ("more.open", "eq", 1, False),
        ("more.seats", "eq", True, False),
        ("more.regions", "has", "north", True),
        ("more.regions", "has_not", "west", True),
        ("more.absent", "eq", "pro", False),
        ("more.absent", "ne", "pro", True),
        ("more.absent", "lt", 5, False),
        ("more.empty", "ne", 1, True),
    ],
)
def test_a_clause(field: str, op: str, value: object, expected: bool) -> None:
    assert holds(field, op, value) is expected


@pytest.mark.parametrize("name", ["more.absent", "more.empty", "more.none"])
def test_absent_null_and_an_empty_list_are_missing(name: str) -> None:
    assert holds(name, "missing")
    assert not holds(name, "exists")


def test_an_empty_filter_holds_for_everything() -> None:
    assert parse({}, FIELDS).matches({})
    assert parse({}, FIELDS).query() == {}


def test_groups() -> None:
    yes, no = {"field": "rank", "op": "exists"}, {"field": "rank", "op": "missing"}

    assert parse({"all": [yes, {"any": [no, yes]}, {"not": no}]}, FIELDS).matches(DOCUMENT)
    assert not parse({"all": [yes, no]}, FIELDS).matches(DOCUMENT)
    assert not parse({"any": [no, {"not": yes}]}, FIELDS).matches(DOCUMENT)


def test_every_clause_knows_its_place() -> None:
    tree = {"any": [{"field": "rank", "op": "exists"}, {"not": {"field": "name", "op": "missing"}}]}

    assert [clause.place for clause in clauses(parse(tree, FIELDS))] == ["filter.any.0", "filter.any.1.not"]


@pytest.mark.parametrize(
    ("tree", "place", "reason"),
    [
        ([], "audience", "must be an object"),
        ({"some": []}, "audience", "must be one of all, any, not"),
        ({"all": []}, "audience.all", "at least one"),
        ({"any": "x"}, "audience.any", "must be a list"),
        ({"all": [{"not": 5}]}, "audience.all.0.not", "must be an object"),
        ({"field": "rank", "op": "eq", "value": 1, "x": 1}, "audience", "must be one of"),
        ({"field": "tag", "op": "has", "value": "x"}, "audience.field", "there is no field 'tag'"),
        ({"field": ["rank"], "op": "eq", "value": 1}, "audience.field", "name of a field"),
        ({"field": "more.$where", "op": "eq", "value": 1}, "audience.field", "cannot be the name"),
        ({"field": "more.a.b", "op": "eq", "value": 1}, "audience.field", "cannot be the name"),
        ({"field": "more.*", "op": "eq", "value": {}}, "audience.value", "must be a text, a number"),
        ({"field": "rank", "op": "$gt", "value": 1}, "audience.op", "must be one of eq"),
        ({"field": "rank", "op": ["eq"], "value": 1}, "audience.op", "must be one of eq"),
        ({"field": "rank", "op": "eq"}, "audience.value", "is missing"),
        ({"field": "rank", "op": "exists", "value": True}, "audience.value", "takes no value"),
        ({"field": "rank", "op": "eq", "value": "1"}, "audience.value", "must be a number"),
        ({"field": "rank", "op": "eq", "value": True}, "audience.value", "must be a number"),
        ({"field": "rank", "op": "eq", "value": 2**63}, "audience.value", "must be a number"),
        ({"field": "rank", "op": "eq", "value": float("nan")}, "audience.value", "must be a number"),
        ({"field": "rank", "op": "in", "value": [1, None]}, "audience.value.1", "must be a number"),
        ({"field": "rank", "op": "in", "value": []}, "audience.value", "1 to 1000"),
        ({"field": "name", "op": "eq", "value": {"$gt": ""}}, "audience.value", "must be a text"),
        ({"field": "name", "op": "eq", "value": None}, "audience.value", "must be a text"),
        ({"field": "name", "op": "contains", "value": ""}, "audience.value", "not empty"),
        ({"field": "name", "op": "eq", "value": "a\x00"}, "audience.value", "without NUL"),
        ({"field": "name", "op": "eq", "value": "\ud800"}, "audience.value", "must be a text"),
        ({"field": "made_at", "op": "gt", "value": "yesterday"}, "audience.value", "must be a date"),
        ({"field": "made_at", "op": "gt", "value": "2026-11-23T10:00:00"}, "audience.value", "with its zone"),
        ({"field": "more.open", "op": "gt", "value": True}, "audience.value", "must be a text, a number"),
    ],
)
def test_a_fault_is_named_with_its_place(tree: object, place: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(tree, FIELDS, place="audience")

    assert refused.value.field == place
    assert reason in refused.value.reason


def test_a_tree_may_not_grow_without_end() -> None:
    clause: Any = {"field": "rank", "op": "exists"}
    deep = clause
    for _ in range(11):
        deep = {"not": deep}

    for tree in (deep, {"all": [clause] * 201}):
        with pytest.raises(Invalid):
            parse(tree, FIELDS)


@given(st.text())
def test_folding_keeps_the_length_and_finds_each_variant(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


LETTERS = st.sampled_from("aAbBäÄßẞiIıİsSſkKKσςΣ.*[]^$\\ 1µμ\n")
TEXTS = st.text(LETTERS, max_size=4)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0.5, -0.0, 1e300, float(2**53)]),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
MOMENTS = st.integers(0, 3).map(lambda hours: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hours))
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans())
ANYTHING = st.one_of(SCALARS, st.none(), st.lists(SCALARS, max_size=3))
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(TEXTS, st.none()),
        "rank": st.one_of(NUMBERS, st.none()),
        "made_at": st.one_of(MOMENTS, st.none()),
        "label_keys": st.lists(TEXTS.map(str.casefold), max_size=3),
        "more": st.dictionaries(st.sampled_from("abc"), ANYTHING, max_size=3),
    },
)


def _clauses_of(names: st.SearchStrategy[str], ops: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda name, op, value: {"field": name, "op": op, "value": value}, names, st.sampled_from(ops.split()), values
    )


MORE = st.sampled_from(["more.a", "more.b", "more.c"])
EXISTS = st.builds(
    lambda name, op: {"field": name, "op": op},
    st.one_of(MORE, st.sampled_from(["name", "rank", "made_at", "labels"])),
    st.sampled_from(["exists", "missing"]),
)
CLAUSES = st.one_of(
    EXISTS,
    _clauses_of(st.just("name"), "eq ne gt gte lt lte", TEXTS),
    _clauses_of(st.one_of(MORE, st.just("name")), "contains", st.text(LETTERS, min_size=1, max_size=2)),
    _clauses_of(st.just("rank"), "eq ne gt gte lt lte", NUMBERS),
    _clauses_of(st.just("made_at"), "gt gte lt lte", MOMENTS.map(datetime.isoformat)),
    _clauses_of(st.just("labels"), "has has_not", TEXTS),
    _clauses_of(st.just("labels"), "in", st.lists(TEXTS, min_size=1, max_size=3)),
    _clauses_of(MORE, "eq ne has has_not", SCALARS),
    _clauses_of(MORE, "gt gte lt lte", st.one_of(TEXTS, NUMBERS)),
    _clauses_of(MORE, "in", st.lists(SCALARS, min_size=1, max_size=3)),
)
TREES = st.recursive(
    CLAUSES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


@pytest.fixture
async def database(infrastructure: Shared, prefix: Prefix) -> AsyncIterator[Database]:
    opened = open_database(infrastructure.mongodb, f"{prefix.database}filters")
    yield opened
    opened.close()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, documents=st.lists(DOCUMENTS, min_size=1, max_size=8))
async def test_mongodb_and_python_answer_alike(
    database: Database, tree: dict[str, Any], documents: list[dict[str, Any]]
) -> None:
    filter_ = parse(tree, FIELDS)
    things = database.collection("things")
    await things.delete_many({})
    await things.insert_many([{**document, "_id": number} for number, document in enumerate(documents)])

    found = {row["_id"] async for row in things.find(filter_.query(), {"_id": 1})}

    assert found == {number for number, document in enumerate(documents) if filter_.matches(document)}


def test_no_letter_has_a_case_beyond_those_that_are_looked_at() -> None:
    beyond = "".join(map(chr, range(BEYOND_CASE, sys.maxunicode + 1)))

    assert fold(beyond) == beyond
