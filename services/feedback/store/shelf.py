"""Columns in memory: a day is read and unpacked once, and again when its stamp says that it was written anew."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from chassis.mongo import Database, Transaction
from services.feedback.domain.columns import (
    AT,
    KEY,
    NUMBERS,
    Coded,
    Column,
    Numbers,
    Packed,
    Values,
    joined_column,
    sizes_of,
)
from services.feedback.store.collections import COLUMNS
from services.feedback.store.columns import Place, Stamp, columns_of_days, stamps_asked, stamps_of

SECONDS_OF_A_DAY = 86_400
PART_ROWS = 1 << 17
"""Rows that are counted at a time: what is reckoned on the way stays in the processor's cache."""
OVERHEAD = 200
"""Bytes of a day's column or of a value, besides what is in it."""

Stamps = Mapping[str, Stamp]
Missing = Mapping[tuple[str, ...], Sequence[str]]
"""Days, and the columns that are missing of just these."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some days of a span in their order: from which row of it, how many, and their columns."""

    begin: int
    rows: int
    columns: Mapping[str, Column]

    def within(self, begin: int, end: int) -> tuple[int, int]:
        """Rows of the span as rows of this part: none where the first is not before the last."""
        return max(begin - self.begin, 0), min(end - self.begin, self.rows)


@dataclass(frozen=True, slots=True)
class Span:
    """Columns of some days in their order, as they were at one moment: a list for each, by day."""

    begins: Mapping[str, int]
    rows: int
    columns: Mapping[str, Sequence[Numbers]]
    values: Mapping[str, Sequence[Any]]
    moments: Mapping[str, Numbers]

    def cut(self, second: int) -> int:
        """How many rows lie before a moment: only of days whose moments were asked for, or at midnight (UTC)."""
        day = _day(second)
        if day not in self.begins:
            return next((begin for one, begin in self.begins.items() if one > day), self.rows)
        if second % SECONDS_OF_A_DAY == 0:
            return self.begins[day]
        return self.begins[day] + int(np.searchsorted(self.moments[day], second, side="left"))

    def parts(self, rows: int = PART_ROWS) -> Iterator[Part]:
        """All of it, some days at a time: as many as have so many rows."""
        ends = [*self.begins.values(), self.rows][1:]
        first = begin = 0
        for last, end in enumerate(ends, 1):
            if end - begin >= rows or end == self.rows:
                columns = {name: self._column(name, days[first:last]) for name, days in self.columns.items()}
                yield Part(begin, end - begin, columns)
                first, begin = last, end

    def _column(self, name: str, days: Sequence[Numbers]) -> Column:
        joined = days[0] if len(days) == 1 else np.concatenate(days)
        return Coded(self.values[name], joined) if name in self.values else joined


@dataclass(slots=True)
class _Held:
    """A column as far as it is in memory: each day under the mark that it was read under."""

    days: dict[str, tuple[str, Numbers]] = field(default_factory=dict)
    values: Values = field(default_factory=Values)
    bytes: int = 0
    used: int = 0

    def put(self, day: str, mark: str, read: Numbers) -> None:
        before = self.days.get(day)
        self.bytes += read.nbytes + OVERHEAD - (before[1].nbytes + OVERHEAD if before else 0)
        self.days[day] = mark, read

    def has(self, day: str, mark: str) -> bool:
        found = self.days.get(day)
        return found is not None and found[0] == mark


class Shelf:
    """Reads columns, and keeps what it read: about `most_bytes` of it, what was asked for last.

    What it gives is what is stored at one moment: the stamps are read first, at one moment; what is in memory under
    just those stamps is the same, and where anything is not, stamps and columns are read anew in one transaction.
    """

    def __init__(self, database: Database, most_bytes: int) -> None:
        self._database, self._most = database, most_bytes
        self._held: dict[tuple[str, str], _Held] = {}
        self._reading = asyncio.Lock()
        self._uses = 0

    async def span(self, table: str, columns: Sequence[str], first: str, last: str, cuts: Iterable[int] = ()) -> Span:
        """These columns from the first UTC day to the last; `cuts` are the moments at which it will be cut."""
        dated = {_day(one) for one in cuts if one % SECONDS_OF_A_DAY}
        months = await self._database.snapshot_find(COLUMNS, stamps_asked(table, first, last), limit=0)
        stamps: Stamps = stamps_of(months, first, last)
        found = await asyncio.to_thread(self._from_memory, table, _needs(columns, dated, stamps), stamps)
        if found is not None:
            return found
        async with self._reading:
            work = partial(self._read, table, columns, dated, first, last)
            stamps, missing, read = await self._database.transact(work)
            await asyncio.to_thread(self._keep, table, stamps, missing, read)
            found = await asyncio.to_thread(self._from_memory, table, _needs(columns, dated, stamps), stamps)
            self._make_room()
        if found is None:
            msg = "what was just read is not there"
            raise RuntimeError(msg)
        return found

    def _from_memory(self, table: str, needs: Mapping[str, Collection[str]], stamps: Stamps) -> Span | None:
        """None where anything has to be read."""
        found: dict[str, list[Numbers]] = {}
        values: dict[str, Sequence[Any]] = {}
        self._uses += 1
        for name, days in needs.items():
            held = self._held.get((table, name)) or _Held()
            held.used = self._uses
            there = [held.days[day][1] for day in days if self._is_fresh(held, day, stamps[day])]
            if len(there) < len(days):
                return None
            found[name] = there
            if name != KEY and name not in NUMBERS:
                # A copy: the list may grow while this one is used.
                values[name] = held.values.listed[:]
        moments = dict(zip(needs[AT], found.pop(AT), strict=True))
        begins, rows = dict[str, int](), 0
        for day, stamp in stamps.items():
            begins[day] = rows
            rows += stamp.rows
        return Span(begins, rows, found, values, moments)

    def _is_fresh(self, held: _Held, day: str, stamp: Stamp) -> bool:
        return held.has(day, stamp.mark)

    async def _read(
        self, table: str, columns: Sequence[str], dated: Collection[str], first: str, last: str, tx: Transaction
    ) -> tuple[Stamps, Missing, list[tuple[Place, Packed]]]:
        found = tx.collection(COLUMNS).find(stamps_asked(table, first, last), session=tx.session)
        stamps = stamps_of(await found.to_list(None), first, last)
        missing = self._missing(table, _needs(columns, dated, stamps), stamps)
        read = [one for days, names in missing.items() for one in await columns_of_days(tx, table, names, days)]
        return stamps, missing, read

    def _missing(self, table: str, needs: Mapping[str, Collection[str]], stamps: Stamps) -> Missing:
        missing: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, days in needs.items():
            held = self._held.get((table, name)) or _Held()
            if stale := tuple(day for day in days if not self._is_fresh(held, day, stamps[day])):
                missing[stale].append(name)
        return missing

    def _keep(self, table: str, stamps: Stamps, missing: Missing, read: Iterable[tuple[Place, Packed]]) -> None:
        pieces: dict[tuple[str, str], dict[int, Packed]] = defaultdict(dict)
        for place, packed in read:
            pieces[place.column, place.day][place.piece] = packed
        for days, names in missing.items():
            for name in names:
                held = self._held.setdefault((table, name), _Held(used=self._uses))
                known = len(held.values.listed)
                for day in days:
                    held.put(day, stamps[day].mark, _unpacked(name, pieces[name, day], stamps[day].rows, held.values))
                held.bytes += sum(map(_weight, held.values.listed[known:]))

    def _make_room(self) -> None:
        """Let go what was not asked for the longest, as long as there is too much."""
        total = sum(held.bytes for held in self._held.values())
        for key in sorted(self._held, key=lambda key: self._held[key].used):
            if total <= self._most:
                return
            total -= self._held.pop(key).bytes


def _day(second: int) -> str:
    return str(np.datetime64(second, "s").astype("datetime64[D]"))


def _needs(columns: Iterable[str], dated: Collection[str], stamps: Stamps) -> dict[str, Collection[str]]:
    """Each column with the days of it that are needed: of the moments only those days at which something is cut."""
    return {**{name: list(stamps) for name in columns}, AT: [day for day in stamps if day in dated]}


def _unpacked(name: str, pieces: Mapping[int, Packed], rows: int, values: Values) -> Numbers:
    sizes = sizes_of(rows)
    column = joined_column(name, [pieces.get(number) for number in range(len(sizes))], sizes, values)
    return column.codes if isinstance(column, Coded) else column


def _weight(value: Any) -> int:
    return OVERHEAD + (len(value) if isinstance(value, str) else 0)
