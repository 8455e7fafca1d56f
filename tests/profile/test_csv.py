"""Rows of customers: what is read quickly is read as by the rule."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sounding_contracts.integrations import CustomerFacts

from services.profile.commands import imports
from services.profile.domain.csv_columns import Plan, said_in
from services.profile.domain.customer import Stamp, Statement
from services.profile.domain.properties import PropertyType
from services.profile.events import facts_said, plainly_said

CELLS = st.text(alphabet=st.sampled_from("ab ;,|=+'\u00a0\u2028\x1c\x00éß5.-"), max_size=12) | st.sampled_from(
    ["x" * 199, "x" * 201, "y" * 501, "true", "2026-01-01", "5.50", "a@b.example", "t;" * 300, "t;" * 600]
)
COLUMNS = ("email", "first_name", "tags", "properties.seats", "properties. gap", "properties.list")
TYPES = {"list": PropertyType.LIST}


@settings(max_examples=300)
@given(cells=st.lists(CELLS, min_size=6, max_size=6), clear=st.booleans())
def test_a_row_that_is_read_quickly_says_what_the_contract_makes_of_it(cells: list[str], clear: bool) -> None:
    said = said_in(cells, Plan(columns=COLUMNS, clear_empty=clear), TYPES)
    stamp = Stamp(datetime(2026, 1, 1, tzinfo=UTC), "csv", "i:1")

    if imports._is_plain(said):
        assert _alike(plainly_said(said, stamp)) == _alike(facts_said(CustomerFacts.model_validate(said), stamp))


def _alike(statement: Statement) -> tuple[Any, ...]:
    typed = {name: (type(value), value) for name, value in statement.properties.items()}
    return dict(statement.fields), typed, list(statement.add_tags), statement.set_tags


def test_most_rows_are_read_quickly() -> None:
    said = said_in(["a@b.example", "Ada", "vip; new", "5", "x", ""], Plan(columns=(*COLUMNS[:4], None, None)), {})

    assert imports._is_plain(said)
    assert not imports._is_plain(said_in(["a@b.example", "A" * 201], Plan(columns=COLUMNS[:2]), {}))
