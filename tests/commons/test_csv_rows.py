"""Rows of a CSV file: none is lost, mended, or read otherwise for where the file was cut."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Conflict, Invalid
from commons import pieces
from commons.csv_rows import Dialect, _each, records, sniff, split

TEXTS = st.text(alphabet=st.sampled_from('ab,;"\n\r\t \x00=é\ufeff'), max_size=60)


@settings(max_examples=300)
@given(text=TEXTS, cut=st.integers(0, 60))
def test_fuzz_no_row_depends_on_where_a_file_is_cut(text: str, cut: int) -> None:
    whole = list(records(text, ","))
    first, rest = split(text[:cut], ",", last=False)
    second, nothing = split(rest + text[cut:], ",", last=True)

    assert nothing == ""
    assert first + second == text
    assert [*records(first, ","), *records(second, ",")] == whole


@settings(max_examples=200)
@given(content=st.binary(max_size=200))
def test_fuzz_any_bytes_have_a_dialect_and_rows_or_a_reason(content: bytes) -> None:
    dialect = sniff(content)
    text = content.decode(dialect.encoding, "ignore")

    for record in records(text, dialect.delimiter):
        assert record is None or isinstance(record, list | str)


def test_fuzz_huge_cells_many_columns_and_quotes_without_end() -> None:
    assert [len(row[0]) for row in records("x" * 1_000_000 + ",1\n", ",") if isinstance(row, list)] in ([1_000_000], [])
    (wide,) = records(",".join("c" for _ in range(10_000)) + "\n", ",")
    assert isinstance(wide, list)
    with pytest.raises(Invalid):
        split('"' + "x" * 1_000_001, ",", last=False)


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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "cp1252"])
def test_a_file_is_the_same_wherever_its_bytes_are_cut(encoding: str) -> None:
    text = "email;note\r\na@example.com;é\r\nb@example.com;ß\r\n"
    content = text.encode(encoding) if encoding != "utf-16-le" else b"\xff\xfe" + text.encode(encoding)
    dialect, header = pieces.opening(content)

    assert header == ("email", "note")
    for cut in range(1, len(content)):
        first, rest = pieces.whole_rows(content[:cut], dialect, row=0, first=True, last=False)
        second, nothing = pieces.whole_rows(rest + content[cut:], dialect, row=0, first=not rest and cut < 4, last=True)
        assert ((first + second).removeprefix("\ufeff"), nothing) == (text, b"")


def test_a_file_that_changes_its_writing_is_refused_with_the_row() -> None:
    with pytest.raises(Invalid, match="after row 7"):
        pieces.whole_rows(b"a,\xff\n", Dialect(encoding="utf-8", delimiter=","), row=7, first=False, last=True)


def test_pieces_come_in_order_and_may_come_again() -> None:
    pieces.check_order(0, 0)
    pieces.check_order(1, 2)
    with pytest.raises(Conflict, match="Part 2 comes next"):
        pieces.check_order(3, 2)
    with pytest.raises(Conflict):
        pieces.check_order(pieces.MAX_PARTS, pieces.MAX_PARTS)
