"""Columns of what is counted: one document for each table, column, UTC day and piece of a day.

Beside them stands for each table and month one document with the stamps of its days: what a day had when it was last
written. A stamp never comes twice, so what was read of a day under a stamp is what the day has while it bears it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from chassis.ids import new_id
from chassis.mongo import Database, DeleteOne, Document, ReplaceOne, Transaction, UpdateOne, Write
from services.feedback.domain.columns import Day, Packed, Piece, day_from
from services.feedback.store.collections import COLUMNS

FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"
STAMPS = "stamps"


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
    if changed or gone:
        writes: list[Write] = [ReplaceOne({"_id": id_}, wanted[id_], upsert=True) for id_ in changed]
        writes.append(stamping(table, date, day.rows))
        writes += [DeleteOne({"_id": id_}) for id_ in gone]
        await tx.collection(COLUMNS).bulk_write(writes, session=tx.session)
    return [*changed, *gone]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a day was when it was last written: a mark of its own, and how many rows it had."""

    mark: str
    rows: int


def stamping(table: str, date: str, rows: int) -> UpdateOne:
    """The write by which a day gets a new stamp, or none any more where it has no rows; it goes with the day's own."""
    stamp = {f"days.{date}": {"mark": new_id(), "rows": rows}}
    return UpdateOne({"_id": _month(table, date)}, {"$set" if rows else "$unset": stamp}, upsert=rows > 0)


async def stamp_day(tx: Transaction, table: str, date: str, rows: int) -> None:
    """Have everybody read a day anew."""
    await tx.collection(COLUMNS).bulk_write([stamping(table, date, rows)], session=tx.session)


def stamps_asked(table: str, first: str, last: str) -> Document:
    """The query for the stamps of the months in which these days lie."""
    return {"_id": {"$gte": _month(table, first), "$lte": _month(table, last)}}


def stamps_of(months: Iterable[Document], first: str, last: str) -> dict[str, Stamp]:
    """The days from the first to the last that have rows, in their order, of what was found."""
    found = ((date, one) for month in months for date, one in month["days"].items() if first <= date <= last)
    return {date: Stamp(one["mark"], one["rows"]) for date, one in sorted(found)}


def _month(table: str, date: str) -> str:
    return f"{STAMPS}|{table}|{date[:7]}"


async def stamped_rows(tx: Transaction, table: str, date: str) -> int:
    """How many rows a day has by its stamp."""
    months = tx.collection(COLUMNS).find(stamps_asked(table, date, date), session=tx.session)
    stamp = stamps_of(await months.to_list(None), date, date).get(date)
    return stamp.rows if stamp else 0


async def unstamped_days(database: Database) -> list[tuple[str, str]]:
    """Tables and days of which columns are stored, but no stamp."""
    rows = database.collection(COLUMNS)
    counted = {tuple(of.split("|")) for of in await rows.distinct("of", {"of": {"$gt": ""}})}
    months = rows.find({"_id": {"$gte": f"{STAMPS}|", "$lt": f"{STAMPS}|~"}})
    stamped = {(month["_id"].split("|")[1], date) async for month in months for date in month["days"]}
    return sorted(counted - stamped)


async def columns_of_days(
    tx: Transaction, table: str, columns: Iterable[str], days: Iterable[str]
) -> list[tuple[Place, Packed]]:
    """What is stored of some columns of some days."""
    asked = {"of": {"$in": [f"{table}|{day}" for day in days]}, "column": {"$in": list(columns)}}
    found = await tx.collection(COLUMNS).find(asked, session=tx.session).to_list(None)
    return [(Place.of(row["_id"]), _packed(row)) for row in found]


async def names_in(database: Database, table: str, first: str, last: str) -> set[str]:
    """The columns that these days have."""
    query = {"of": {"$gte": f"{table}|{first}", "$lte": f"{table}|{last}"}}
    return set(await database.collection(COLUMNS).distinct("column", query))
