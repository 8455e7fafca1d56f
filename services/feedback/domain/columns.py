"""Rows of one day kept column by column: numbers as they are, values as codes into the day's own list of values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEVER = 0xFFFFFFFF
"""The moment of what has not come."""
MOST_ROWS = 16_384
"""Of one piece: with values of five thousand letters each it still fits a document."""
KEY, AT = "key", "at"
KEY_BYTES = 16
BYTES = 256
NUMBERS: Mapping[str, tuple[str, int]] = {
    AT: ("<u4", 0),
    "next": ("<u4", NEVER),
    "next_of_campaign": ("<u4", NEVER),
    "next_final": ("<u4", NEVER),
    "next_final_of_campaign": ("<u4", NEVER),
    "score": ("u1", 0),
    "flags": ("u1", 0),
    "stage": ("u1", 0),
}
"""Kind and default of the columns of numbers; a column that holds nothing but its default is left out."""
ALWAYS = frozenset({KEY, AT, "score", "stage"})

Value = bool | int | float | str | Sequence[str] | None
Numbers = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is counted: `key` tells rows apart, `at` (seconds since 1970) orders them, the rest is asked for."""

    key: bytes
    at: int
    numbers: Mapping[str, int]
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of values: each row's code is the place of its value in the list."""

    values: Sequence[Value]
    codes: Numbers


Column = Coded | Numbers


@dataclass(frozen=True, slots=True)
class Packed:
    """One column of one piece of a day, as it is stored: `values` are None for numbers."""

    rows: int
    data: bytes
    values: Sequence[Value] | None = None


Piece = Mapping[str, Packed]


class Values:
    """Values in the order in which they first came, each once; True, 1, 1.0 and "1" are four."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}
        self.listed: list[Value] = []

    def places(self, values: Iterable[Value]) -> Numbers:
        """Where each stands in the list, at its end where it is new."""
        return np.array([self._place(value) for value in values], dtype=np.uint32)

    def _place(self, value: Value) -> int:
        held = tuple(value) if isinstance(value, list | tuple) else value
        name = (type(held), held)
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self.listed)
            self.listed.append(value)
        return place


@dataclass(frozen=True, slots=True)
class Day:
    """The rows of a day, by moment and key; of them the columns that were read."""

    rows: int
    columns: Mapping[str, Column]

    def keys(self) -> list[bytes]:
        """Of all rows, in their order."""
        held = self.columns.get(KEY)
        data = b"" if held is None or isinstance(held, Coded) else held.tobytes()
        return [data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES)]

    def with_rows(self, gone: set[bytes], rows: Sequence[Row]) -> "Day":
        """Without the rows of these keys, and with the rows given: needs all columns of the day."""
        if self._stand(gone, rows):
            return self.with_values(rows, {*self.columns, *_names(rows)} - {KEY, AT})
        stay = np.array([key not in gone for key in self.keys()], dtype=bool)
        names = {*self.columns, *_names(rows), KEY, AT}
        return in_order({name: _joined(name, self.columns.get(name), stay, rows) for name in names})

    def _stand(self, gone: set[bytes], rows: Sequence[Row]) -> bool:
        """Whether the rows are the same ones as before, at the same moments, only with other values."""
        moments = self.columns.get(AT)
        if not rows or gone - {row.key for row in rows} or moments is None or isinstance(moments, Coded):
            return False
        place = {key: number for number, key in enumerate(self.keys())}
        return all(row.key in place and int(moments[place[row.key]]) == row.at for row in rows)

    def with_values(self, rows: Iterable[Row], names: Iterable[str]) -> "Day":
        """With what the rows say in these columns; the rows must be there already, at the same moment."""
        place = {key: number for number, key in enumerate(self.keys())}
        there = [(place[row.key], row) for row in rows]
        at = np.array([number for number, _ in there], dtype=np.int64)
        columns = dict(self.columns)
        for name in names:
            said = _column(name, [row for _, row in there])
            columns[name] = _put(name, columns.get(name), self.rows, at, said)
        return Day(self.rows, columns)

    def pieces(self) -> Iterator[dict[str, Packed]]:
        """As it is stored, the same for the same rows: columns that hold nothing are left out."""
        for begin in range(0, self.rows, MOST_ROWS):
            part = slice(begin, min(begin + MOST_ROWS, self.rows))
            packed = {name: _packed(name, column, part) for name, column in self.columns.items()}
            yield {name: one for name, one in packed.items() if one is not None}


def day_of(rows: Sequence[Row]) -> Day:
    """The day that these rows are."""
    return Day(0, {}).with_rows(set(), rows)


def in_order(columns: Mapping[str, Column]) -> Day:
    """The day that these columns are, key and moment among them, whatever order they are in."""
    order = _order(columns)
    return Day(len(order), {name: _taken(column, order) for name, column in columns.items()})


def day_from(pieces: Sequence[Piece], names: Iterable[str]) -> Day:
    """A day as it was stored, of it these columns."""
    sizes = [next(iter(piece.values())).rows for piece in pieces]
    return Day(sum(sizes), {name: joined_column(name, [piece.get(name) for piece in pieces], sizes) for name in names})


def sizes_of(rows: int) -> list[int]:
    """Of the pieces in which so many rows of a day are stored."""
    return [min(MOST_ROWS, rows - begin) for begin in range(0, rows, MOST_ROWS)]


def joined_column(
    name: str, parts: Sequence[Packed | None], sizes: Sequence[int], values: Values | None = None
) -> Column:
    """One column of many pieces, in their order; where a piece has none it is full of its default.

    With `values` its codes are places in that list, which grows by what is new.
    """
    if name == KEY:
        data = b"".join(part.data for part in parts if part)
        return np.frombuffer(data, dtype=np.uint8).reshape(-1, KEY_BYTES)
    if name in NUMBERS:
        kind, default = NUMBERS[name]
        filler = np.array([default], dtype=kind).tobytes()
        filled = (part.data if part else filler * size for part, size in zip(parts, sizes, strict=True))
        return np.frombuffer(b"".join(filled), dtype=kind)
    return _joined_codes(parts, sizes, Values() if values is None else values)


def _joined_codes(parts: Sequence[Packed | None], sizes: Sequence[int], values: Values) -> Coded:
    """Each piece has its own list of values: their codes become places in one list."""
    codes: list[Numbers] = []
    for part, size in zip(parts, sizes, strict=True):
        places = values.places((part.values if part else None) or (None,))
        one = part is None or len(places) == 1
        codes.append(
            np.full(size, places[0], dtype=_kind(places)) if one or part is None else _translated(part, places)
        )
    return Coded(values.listed, np.concatenate(codes) if codes else np.zeros(0, dtype=np.uint8))


def _kind(places: Numbers) -> np.dtype[Any]:
    return np.min_scalar_type(int(places.max()))


def _translated(part: Packed, places: Numbers) -> Numbers:
    """A piece's codes as places in the list of all pieces; bytes are looked up much faster than numbers."""
    width, kind = len(part.data) // part.rows, _kind(places)
    if width == 1 and kind == np.uint8:
        table = np.zeros(BYTES, dtype=np.uint8)
        table[: len(places)] = places
        return np.frombuffer(part.data.translate(table.tobytes()), dtype=np.uint8)
    found: Numbers = places.astype(kind)[np.frombuffer(part.data, dtype=f"<u{width}")]
    return found


def _names(rows: Sequence[Row]) -> set[str]:
    return {name for row in rows for name in (*row.numbers, *row.values)}


def _column(name: str, rows: Sequence[Row]) -> Column:
    """What the rows say in one column."""
    if name == KEY:
        return np.frombuffer(b"".join(row.key for row in rows), dtype=np.uint8).reshape(-1, KEY_BYTES)
    if name in NUMBERS:
        kind, default = NUMBERS[name]
        said = (row.at if name == AT else row.numbers.get(name, default) for row in rows)
        return np.fromiter(said, dtype=kind, count=len(rows))
    values = Values()
    codes = values.places(row.values.get(name) for row in rows)
    return Coded(values.listed, codes)


def _joined(name: str, held: Column | None, stay: Mask, rows: Sequence[Row]) -> Column:
    said = _column(name, rows)
    if held is None:
        held = _default(name, len(stay))
    if isinstance(held, Coded) and isinstance(said, Coded):
        return _merged(Coded(held.values, held.codes[stay]), said)
    if isinstance(held, Coded) or isinstance(said, Coded):
        raise TypeError(name)
    return np.concatenate([held[stay], said])


def _default(name: str, rows: int) -> Column:
    if name == KEY:
        return np.zeros((rows, KEY_BYTES), dtype=np.uint8)
    if name in NUMBERS:
        kind, default = NUMBERS[name]
        return np.full(rows, default, dtype=kind)
    return Coded([None], np.zeros(rows, dtype=np.uint32))


def _merged(one: Coded, other: Coded) -> Coded:
    values = Values()
    parts = []
    for part in (one, other):
        places = values.places(part.values)
        parts.append(places[part.codes] if len(part.codes) else part.codes)
    return Coded(values.listed, np.concatenate(parts).astype(np.uint32))


def _put(name: str, held: Column | None, rows: int, at: Numbers, said: Column) -> Column:
    held = _default(name, rows) if held is None else held
    if isinstance(held, Coded) and isinstance(said, Coded):
        joined = _merged(held, said)
        codes = joined.codes[:rows].copy()
        codes[at] = joined.codes[rows:]
        return Coded(joined.values, codes)
    if isinstance(held, Coded) or isinstance(said, Coded):
        raise TypeError(name)
    changed = held.copy()
    changed[at] = said
    return changed


def _order(columns: Mapping[str, Column]) -> Numbers:
    keys, at = columns[KEY], columns[AT]
    if isinstance(keys, Coded) or isinstance(at, Coded):
        raise TypeError(KEY)
    halves = np.ascontiguousarray(keys).view(">u8").reshape(-1, 2)
    return np.lexsort((halves[:, 1], halves[:, 0], at))


def _taken(column: Column, order: Numbers) -> Column:
    return Coded(column.values, column.codes[order]) if isinstance(column, Coded) else column[order]


def _packed(name: str, column: Column, part: slice) -> Packed | None:
    """A piece of a column; None where it holds nothing. Values stand in the order in which they first come."""
    if not isinstance(column, Coded):
        numbers = column[part]
        empty = name not in ALWAYS and bool((numbers == NUMBERS[name][1]).all())
        return None if empty else Packed(len(numbers), numbers.tobytes())
    codes = column.codes[part]
    found, first, again = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    values = [column.values[int(code)] for code in found[order]]
    if values == [None]:
        return None
    place = np.empty(len(order), dtype=np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    width = 1 if len(values) <= BYTES else 2 if len(values) <= 0x10000 else 4  # noqa: PLR2004
    return Packed(len(codes), place[again].astype(f"<u{width}").tobytes(), values)
