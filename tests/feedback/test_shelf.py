"""Columns in memory: what is said is what is stored, however much of it was read before, and little is read twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.mongo import Database, Transaction
from services.feedback.domain.columns import MOST_ROWS, Coded, Row, day_of
from services.feedback.domain.counted import key_of, seconds
from services.feedback.store import columns as store
from services.feedback.store.columns import Stamp
from services.feedback.store.shelf import PART_ROWS, Shelf, Span
from tests.feedback.desk import Desk

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LOTS = 10**9
NAMES = ("score", "campaign_id")


def _rows(number: int, *answers: tuple[int, str | None]) -> list[Row]:
    at = seconds(BEGIN + timedelta(days=number))
    return [
        Row(key=key_of(f"{number}/{place}"), at=at + place, numbers={"score": score}, values={"campaign_id": campaign})
        for place, (score, campaign) in enumerate(answers)
    ]


def _date(number: int) -> str:
    return str((BEGIN + timedelta(days=number)).date())


async def _write(database: Database, number: int, *answers: tuple[int, str | None]) -> None:
    async def written(tx: Transaction) -> None:
        stood = await store.read_day(tx, "nps", _date(number))
        await store.write_day(tx, "nps", _date(number), day_of(_rows(number, *answers)), stood)

    await database.transact(written)


def _said(span: Span, rows: int = PART_ROWS) -> list[tuple[int, Any]]:
    """Score and campaign of every row."""
    found: list[tuple[int, Any]] = []
    for part in span.parts(rows):
        scores, campaigns = part.columns["score"], part.columns["campaign_id"]
        assert isinstance(campaigns, Coded)
        assert not isinstance(scores, Coded)
        found += zip(scores.tolist(), (campaigns.values[code] for code in campaigns.codes), strict=True)
    return found


async def _asked(shelf: Shelf, last: int = 60) -> list[tuple[int, Any]]:
    return _said(await shelf.span("nps", NAMES, _date(0), _date(last)))


class Stale(Shelf):
    """Wrong: looks at no stamp."""

    def _is_fresh(self, held: Any, day: str, stamp: Stamp) -> bool:
        return day in held.days


@pytest.mark.parametrize(("kind", "right"), [(Shelf, True), (Stale, False)])
async def test_what_was_written_since_it_was_read_is_read_anew(desk: Desk, kind: type[Shelf], right: bool) -> None:
    shelf = kind(desk.database, LOTS)
    await _write(desk.database, 0, (9, "a"), (3, None))
    await _write(desk.database, 40, (7, "b"))
    assert await _asked(shelf) == [(9, "a"), (3, None), (7, "b")]

    await _write(desk.database, 0, (8, "c"), (3, None))
    await _write(desk.database, 41, (1, "a"))

    assert (await _asked(shelf) == [(8, "c"), (3, None), (7, "b"), (1, "a")]) is right


async def test_a_day_that_becomes_what_it_was_and_one_that_is_empty_are_no_other_days(desk: Desk) -> None:
    shelf = Shelf(desk.database, LOTS)
    await _write(desk.database, 0, (9, "a"))
    await _write(desk.database, 1, (2, "b"))
    assert await _asked(shelf) == [(9, "a"), (2, "b")]

    await _write(desk.database, 1)
    assert await _asked(shelf) == [(9, "a")]
    await _write(desk.database, 1, (5, "b"))
    await _write(desk.database, 0, (9, "b"))
    await _write(desk.database, 0, (9, "a"))

    assert await _asked(shelf) == [(9, "a"), (5, "b")]


class Noting(Shelf):
    """Says what it had to read."""

    def __init__(self, database: Database, most_bytes: int) -> None:
        super().__init__(database, most_bytes)
        self.read: list[tuple[tuple[str, ...], Sequence[str]]] = []

    def _keep(self, table: str, stamps: Any, missing: Any, read: Any) -> None:
        self.read += missing.items()
        super()._keep(table, stamps, missing, read)


@pytest.mark.parametrize("memory", [0, LOTS])
async def test_only_what_changed_is_read_again_as_long_as_there_is_room(desk: Desk, memory: int) -> None:
    shelf = Noting(desk.database, memory)
    everything = tuple(_date(number) for number in (0, 1, 2))
    for number in (0, 1, 2):
        await _write(desk.database, number, (number, "a"))
    assert len(await _asked(shelf)) == 3
    await _asked(shelf)
    assert shelf.read == [(everything, list(NAMES))] * (1 if memory else 2)

    shelf.read.clear()
    await _write(desk.database, 1, (10, "a"))
    assert [score for score, _ in await _asked(shelf)] == [0, 10, 2]
    assert shelf.read == [((_date(1),) if memory else everything, list(NAMES))]


async def test_what_two_days_became_together_is_seen_together(desk: Desk) -> None:
    """One answer moves from a day to another, over and over: whoever asks meanwhile sees it once."""
    shelf, others = Shelf(desk.database, LOTS), Shelf(desk.database, 0)
    await _write(desk.database, 0, (9, "a"))

    async def move(here: int, there: int, tx: Transaction) -> None:
        for number, answers in ((here, []), (there, [(9, "a")])):
            stood = await store.read_day(tx, "nps", _date(number))
            await store.write_day(tx, "nps", _date(number), day_of(_rows(number, *answers)), stood)

    async def moving() -> None:
        for number in range(40):
            here, there = (0, 45) if number % 2 == 0 else (45, 0)
            await desk.database.transact(lambda tx, here=here, there=there: move(here, there, tx))  # type: ignore[misc]

    task = asyncio.create_task(moving())
    seen = set()
    while not task.done():
        both = await asyncio.gather(_asked(shelf), _asked(shelf), _asked(others))
        seen |= {tuple(one) for one in both}
    await task

    assert seen == {((9, "a"),)}


async def test_days_of_several_pieces_and_parts_stand_in_their_order(desk: Desk) -> None:
    many = [(number % 11, None if number < MOST_ROWS else "late") for number in range(MOST_ROWS + 5)]
    await _write(desk.database, 0, (1, "early"))
    await _write(desk.database, 1, *many)
    await _write(desk.database, 2, (2, "last"))
    shelf = Shelf(desk.database, LOTS)

    def moment(day: int, second: int) -> int:
        return seconds(BEGIN + timedelta(days=day, seconds=second))

    span = await shelf.span("nps", NAMES, _date(0), _date(2), [moment(1, 7), moment(2, 0)])

    assert _said(span) == [(1, "early"), *many, (2, "last")]
    assert len(list(span.parts(MOST_ROWS))) == 2
    assert _said(span, MOST_ROWS) == _said(span)
    assert (span.cut(moment(1, 7)), span.cut(moment(2, 0)), span.cut(moment(3, 0))) == (8, len(many) + 1, span.rows)
