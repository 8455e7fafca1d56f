"""From where a search may start: what is asked of the index holds for everyone whom the filter holds for."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import filters
from services.profile.domain.finding import fold, grams, look_for, searched_text
from services.profile.schemas.customers import CUSTOMER_FIELDS
from services.profile.store.facets import CUT, SEARCHED, Start, facets, says_all, starts

LONG = "x" * CUT
TEXTS = st.sampled_from(["Wien", "wien", "Größe", "ÖSTER reich", "an", "ann", "5", "", LONG + "a", LONG + "b", LONG])
VALUES = st.one_of(TEXTS, st.booleans(), st.sampled_from([0, 1, 5, 5.5, -1]))
HELD = st.one_of(VALUES, st.lists(TEXTS, max_size=2))
DOCUMENTS = st.fixed_dictionaries(
    {
        "fields": st.dictionaries(st.sampled_from(["first_name", "company", "city"]), TEXTS),
        "properties": st.dictionaries(st.sampled_from(["seats", "plan"]), HELD),
        "source": TEXTS,
        "canonical_email": st.sampled_from([None, "ann@wien.example"]),
    }
)
CLAUSES = st.one_of(
    st.builds(
        lambda name, op, value: {"field": name, "op": op, "value": value},
        st.sampled_from(["first_name", "company", "city", "source"]),
        st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]),
        TEXTS,
    ),
    st.builds(
        lambda name, value: {"field": name, "op": "contains", "value": value},
        st.sampled_from(["first_name", "company", "city", "email", "properties.plan"]),
        TEXTS.filter(bool),
    ),
    st.builds(
        lambda op, value: {"field": "properties.seats", "op": op, "value": value},
        st.sampled_from(["gt", "gte", "lt", "lte"]),
        VALUES.filter(lambda value: not isinstance(value, bool)),
    ),
    st.builds(
        lambda op, value: {"field": "properties.plan", "op": op, "value": value},
        st.sampled_from(["eq", "ne", "has", "has_not"]),
        VALUES,
    ),
    st.builds(lambda values: {"field": "city", "op": "in", "value": values}, st.lists(TEXTS, min_size=1, max_size=3)),
)
TREES = st.recursive(
    CLAUSES,
    lambda part: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(part, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(part, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, part),
    ),
    max_leaves=5,
)
COMPARE: dict[str, Any] = {
    "$eq": lambda one, other: one == other,
    "$gt": lambda one, other: one > other,
    "$gte": lambda one, other: one >= other,
    "$lt": lambda one, other: one < other,
    "$lte": lambda one, other: one <= other,
}


def _row(document: dict[str, Any]) -> dict[str, Any]:
    """As `store.finding_row` keeps it."""
    fields = document["fields"]
    text = searched_text([fields.get("first_name")], document["canonical_email"], fields.get("company"))
    held = {**{f"fields.{name}": value for name, value in fields.items()}, "source": document["source"]}
    properties = {f"properties.{name}": value for name, value in document["properties"].items()}
    return {"grams": grams(text), "facets": facets({**held, **properties})}


def _holds(start: Start, row: dict[str, Any]) -> bool:
    """As MongoDB would say."""
    if "$or" in start:
        return any(_holds(one, row) for one in start["$or"])
    if "grams" in start:
        return start["grams"] in row["grams"]
    asked = start["facets"]["$elemMatch"]
    ((op, value),) = asked["v"].items()
    return any(facet["k"] == asked["k"] and _compared(op, facet["v"], value) for facet in row["facets"])


def _compared(op: str, found: Any, value: Any) -> bool:
    if op == "$in":
        return any(_compared("$eq", found, one) for one in value)
    alike = isinstance(found, str) is isinstance(value, str) and isinstance(found, bool) is isinstance(value, bool)
    return alike and bool(COMPARE[op](found, value))


@settings(max_examples=150)
@given(document=DOCUMENTS, tree=TREES)
def test_whom_a_filter_holds_for_is_met_from_every_start(document: dict[str, Any], tree: dict[str, Any]) -> None:
    filter_ = filters.parse(tree, CUSTOMER_FIELDS)

    if filter_.matches(document):
        row = _row(document)
        assert [start for start in starts(filter_) if not _holds(start, row)] == []
    elif says_all(filter_):
        assert not all(_holds(start, _row(document)) for start in starts(filter_))


def test_long_texts_are_cut_so_beyond_must_mean_not_below() -> None:
    document = {"fields": {"city": LONG + "b"}, "properties": {}, "source": "crm", "canonical_email": None}
    filter_ = filters.parse({"field": "city", "op": "gt", "value": LONG + "a"}, CUSTOMER_FIELDS)
    (start,) = starts(filter_)
    strict = {"facets": {"$elemMatch": {"k": "fields.city", "v": {"$gt": LONG}}}}

    assert filter_.matches(document)
    assert _holds(start, _row(document))
    assert not _holds(strict, _row(document))


def test_what_excludes_or_asks_for_what_is_missing_is_no_start() -> None:
    for tree in (
        {"field": "city", "op": "ne", "value": "Wien"},
        {"field": "city", "op": "missing"},
        {"not": {"field": "city", "op": "eq", "value": "Wien"}},
        {"any": [{"field": "city", "op": "eq", "value": "Wien"}, {"field": "city", "op": "missing"}]},
        {"field": "company", "op": "contains", "value": "an"},
    ):
        assert starts(filters.parse(tree, CUSTOMER_FIELDS)) == []
    assert {"fields.first_name", "fields.last_name", "fields.company", "canonical_email"} == SEARCHED


WORDS = st.text(alphabet=st.sampled_from("abe é.@1"), max_size=30)


@settings(max_examples=200)
@given(text=WORDS, start=st.integers(0, 29), size=st.integers(3, 12))
def test_a_text_is_found_by_every_gram_of_every_part_of_it(text: str, start: int, size: int) -> None:
    whole = searched_text([text])
    part = whole[start : start + size]

    if len(fold(part)) >= 3:
        assert set(look_for(part).grams) <= set(grams(whole))
