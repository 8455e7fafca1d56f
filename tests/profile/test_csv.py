"""Rows of a CSV file: what is read quickly is read as by the rule."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sounding_contracts.integrations import CustomerFacts

from services.profile.commands import imports
from services.profile.domain.csv_rows import Plan, _each, records, said_in
from services.profile.domain.customer import Stamp, Statement
from services.profile.domain.properties import PropertyType
from services.profile.events import facts_said, plainly_said

TEXTS = st.text(alphabet=st.sampled_from('ab,;"\n\r\t \x00=é\ufeff'), max_size=60)

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


@settings(max_examples=300)
@given(text=TEXTS)
def test_rows_without_quotes_are_split_as_a_csv_reader_does(text: str) -> None:
    assert list(records(text, ",")) == [row for record in _each(text, ",") for row in _by_reader(record)]


def _by_reader(record: str) -> list[list[str] | str | None]:
    rows: list[list[str] | str | None] = []
    try:
        reader = csv.reader(io.StringIO(record, newline=""), delimiter=",", strict=True)
        rows.extend(cells if any(cell.strip() for cell in cells) else None for cells in reader)
    except csv.Error as error:
        rows.append(f"cannot be read: {error}")
    return rows
