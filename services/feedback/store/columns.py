"""Columns of what is counted: one document for each table, column, UTC day and piece of a day."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from chassis.mongo import ASCENDING, DESCENDING, Database, DeleteOne, Document, ReplaceOne, Transaction, Write
from services.feedback.domain.columns import AT, Coded, Column, Day, Packed, Piece, day_from, joined_column
from services.feedback.store.collections import COLUMNS

FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"
SECONDS_OF_A_DAY = 86_400
FEW_DAYS = 60
"""Of more days than these the moments are read as one range."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document of columns belongs; places of a column sort by time."""

    table: str
    column: str
    day: str
    piece: int

    @property
    def id(self) -> str:
        """Of the document."""
        return f"{_head(self.table, self.column)}{self.day}|{self.piece:04}"

    @classmethod
    def of(cls, id_: str) -> "Place":
        """From the document's id."""
        table, column, day, piece = id_.split("|")
        return cls(table, unquote(column), day, int(piece))


def _head(table: str, column: str) -> str:
    return f"{table}|{quote(column, safe='')}|"


def _packed(row: Document) -> Packed:
    return Packed(row["rows"], row["data"], row.get("values"))


def document_of(place: Place, packed: Packed) -> Document:
    """As it is stored."""
    made: Document = {"_id": place.id, "of": f"{place.table}|{place.day}", "column": place.column}
    made |= {"rows": packed.rows, "data": packed.data}
    return made if packed.values is None else made | {"values": [_stored(one) for one in packed.values]}


def _stored(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


async def read_day(tx: Transaction, table: str, day: str, only: Document | None = None) -> dict[str, Document]:
    """What is stored of a day, by id; of the columns that `only` asks for."""
    query: Document = {"of": f"{table}|{day}"}
    if only is not None:
        query["column"] = only
    return {row["_id"]: row async for row in tx.collection(COLUMNS).find(query, session=tx.session)}


def as_day(rows: Mapping[str, Document], columns: Iterable[str] = ()) -> Day:
    """What was read of a day; columns that are named are there also where nothing is stored of them."""
    pieces: dict[int, dict[str, Packed]] = {}
    for id_, row in rows.items():
        place = Place.of(id_)
        pieces.setdefault(place.piece, {})[place.column] = _packed(row)
    ordered: list[Piece] = [pieces[number] for number in sorted(pieces)]
    return day_from(ordered, {*columns, *(name for piece in ordered for name in piece)})


def documents_of(table: str, date: str, day: Day) -> dict[str, Document]:
    """A day as it is stored, by id."""
    found = (
        (Place(table, name, date, number), packed)
        for number, piece in enumerate(day.pieces())
        for name, packed in piece.items()
    )
    return {place.id: document_of(place, packed) for place, packed in found}


async def write_day(tx: Transaction, table: str, date: str, day: Day, stood: Mapping[str, Document]) -> list[str]:
    """Store what differs from what stood there; ids of it."""
    wanted = documents_of(table, date, day)
    changed = [id_ for id_, row in wanted.items() if row != stood.get(id_)]
    gone = [id_ for id_ in stood if id_ not in wanted]
    writes: list[Write] = [ReplaceOne({"_id": id_}, wanted[id_], upsert=True) for id_ in changed]
    writes += [DeleteOne({"_id": id_}) for id_ in gone]
    if writes:
        await tx.collection(COLUMNS).bulk_write(writes, session=tx.session)
    return [*changed, *gone]


async def days_between(database: Database, table: str, column: str) -> tuple[str, str] | None:
    """The first and the last day that a column has; None where it has none."""
    head = _head(table, column)
    query = {"_id": {"$gte": head, "$lt": f"{head}~"}}
    ends = [
        await database.collection(COLUMNS).find_one(query, {"_id": 1}, sort=[("_id", direction)])
        for direction in (ASCENDING, DESCENDING)
    ]
    found = [Place.of(row["_id"]).day for row in ends if row]
    return (found[0], found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Span:
    """Columns of some days in their order, as they were at one moment."""

    days: Sequence[str]
    begins: Mapping[str, int]
    rows: int
    columns: Mapping[str, Column]
    moments: Mapping[str, Column]

    def cut(self, second: int) -> int:
        """How many rows lie before a moment: only of days whose moments were read, or at midnight (UTC)."""
        day = str(np.datetime64(second, "s").astype("datetime64[D]"))
        if day not in self.begins:
            return next((self.begins[one] for one in self.days if one > day), self.rows)
        if second % SECONDS_OF_A_DAY == 0:
            return self.begins[day]
        moments = self.moments[day]
        if isinstance(moments, Coded):
            raise TypeError(AT)
        return self.begins[day] + int(np.searchsorted(moments, second, side="left"))


async def read_span(
    database: Database, table: str, columns: Sequence[str], first: str, last: str, cuts: Iterable[int] = ()
) -> Span:
    """These columns from the first UTC day to the last; the first column named must be one that all rows have.

    `cuts` are the moments at which `Span.cut` will be asked.
    """
    dated = {str(np.datetime64(one, "s").astype("datetime64[D]")) for one in cuts if one % SECONDS_OF_A_DAY}
    ranges = [_between(table, name, first, last) for name in columns]
    if len(dated) > FEW_DAYS:
        ranges.append(_between(table, AT, first, last))
    else:
        ranges += [_between(table, AT, day, day) for day in sorted(dated)]
    found = await database.snapshot_find(COLUMNS, {"$or": ranges}, limit=0)
    return await asyncio.to_thread(_span, columns, found)


def _between(table: str, column: str, first: str, last: str) -> Document:
    head = _head(table, column)
    return {"_id": {"$gte": f"{head}{first}", "$lt": f"{head}{last}|~"}}


def _span(columns: Sequence[str], found: Sequence[Document]) -> Span:
    parts: dict[str, dict[tuple[str, int], Packed]] = {name: {} for name in (*columns, AT)}
    for row in found:
        place = Place.of(row["_id"])
        parts[place.column][place.day, place.piece] = _packed(row)
    order = list(parts[columns[0]])
    sizes = [parts[columns[0]][place].rows for place in order]
    begins: dict[str, int] = {}
    total = 0
    for (day, _), size in zip(order, sizes, strict=True):
        begins.setdefault(day, total)
        total += size
    joined = {name: joined_column(name, [parts[name].get(place) for place in order], sizes) for name in columns}
    moments: dict[str, list[Packed]] = {}
    for (day, _), packed in parts[AT].items():
        moments.setdefault(day, []).append(packed)
    dated = {day: joined_column(AT, some, [one.rows for one in some]) for day, some in moments.items()}
    return Span(list(begins), begins, total, joined, dated)


async def names_in(database: Database, table: str, first: str, last: str) -> set[str]:
    """The columns that these days have."""
    query = {"of": {"$gte": f"{table}|{first}", "$lte": f"{table}|{last}"}}
    return set(await database.collection(COLUMNS).distinct("column", query))
