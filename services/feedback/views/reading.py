"""The answers that a question is about, read as columns."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from chassis import filters
from chassis.mongo import Database
from services.feedback.domain.columns import Coded, Column, Mask, Numbers, Value
from services.feedback.domain.counted import day
from services.feedback.domain.period import Period, period
from services.feedback.domain.tally import FLAGS, SCORES, Answers, by_flag, by_score, by_value, every, of_kind
from services.feedback.schemas.dashboard import FIGURE_FIELDS, Asked, FiguresAsked
from services.feedback.store.shelf import Part, Shelf, Span
from services.feedback.views.sifting import Sieve, looked_up

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """Where figures come from: what is stored, and what of its columns is in memory."""

    database: Database
    shelf: Shelf


@dataclass(frozen=True, slots=True)
class Reading:
    """Columns of all answers of a metric in some days; `following` where only each customer's last one counts."""

    span: Span
    asked: FiguresAsked
    sieve: Sieve
    following: str | None

    def tallies(self, periods: Sequence[Period]) -> list[dict[int, int]]:
        """How many have each score, in each of the periods."""
        counts = np.zeros((len(periods), SCORES), dtype=np.int64)
        ranges = self._ranges(periods)
        for part in self.span.parts():
            answers = self._answers(part)
            for place, (begin, end, until) in enumerate(ranges):
                first, last = part.within(begin, end)
                if first < last:
                    counts[place] += answers.counts(first, last, until)
        return [by_score(row) for row in counts]

    def tally_by(self, column: str, period: Period) -> list[tuple[Value, Numbers]]:
        """How many have each score, for each value, the most answers first."""
        values = self.span.values[column]
        counts = np.zeros((len(values), SCORES), dtype=np.int64)
        ((begin, end, until),) = self._ranges([period])
        for part in self.span.parts():
            first, last = part.within(begin, end)
            if first < last:
                self._answers(part).count_by(coded(part.columns[column]), first, last, until, counts)
        return by_value(values, counts)

    def flags(self, period: Period) -> Numbers:
        """How many of the campaign and channel have each flag."""
        counts = np.zeros(FLAGS, dtype=np.int64)
        ((begin, end, _),) = self._ranges([period])
        for part in self.span.parts():
            first, last = part.within(begin, end)
            if first < last:
                place = every(self._place(part))
                flags = numbers(part.columns["flags"])[first:last]
                counts += by_flag(flags, None if place is None else place[first:last])
        return counts

    def _ranges(self, periods: Sequence[Period]) -> list[tuple[int, int, int]]:
        return [(self.span.cut(one.begins), self.span.cut(one.ends), one.ends) for one in periods]

    def _answers(self, part: Part) -> Answers:
        """Those that count; where only last ones do, the others are none."""
        columns, asked = part.columns, self.asked
        flags = None if self.following else numbers(columns["flags"])
        kind = None if flags is None else of_kind(flags, provisional=asked.provisional)
        masks = [*([] if kind is None else [kind]), *self._place(part)]
        if asked.filter:
            masks.append(self.sieve.mask(columns, part.rows))
        following = numbers(columns[self.following]) if self.following else None
        return Answers(scores=numbers(columns["score"]), wanted=every(masks), following=following)

    def _place(self, part: Part) -> list[Mask]:
        """Of the campaign and channel that are asked for."""
        return self.sieve.place(part.columns, {"campaign_id": self.asked.campaign_id, "channel": self.asked.channel})


def period_of(asked: Asked, now: datetime) -> Period:
    """The period that is asked for. Raises `Invalid`."""
    found = period(asked.first_day, asked.last_day, asked.zone, now.date())
    if asked.last_day is None:
        return period(asked.first_day, now.astimezone(found.zone).date(), asked.zone, now.date())
    return found


async def read(
    figures: Figures,
    asked: FiguresAsked,
    metric: str,
    periods: Sequence[Period],
    *,
    more: Sequence[str] = (),
    each_campaign: bool = False,
) -> Reading:
    """All that is needed for figures of these periods, which follow each other. Raises `Invalid` for a filter."""
    sieve = Sieve(filters.parse(asked.filter, FIGURE_FIELDS), metric, now=asked.attributes == "now")
    begins, ends = periods[0].begins, periods[-1].ends
    following = _following(asked, each_campaign=each_campaign)
    names = ["score", following or "flags", *more, *sieve.columns()]
    names += [name for name in ("campaign_id", "channel") if getattr(asked, name) is not None]
    first, last = (day(datetime.fromtimestamp(at, UTC)) for at in (begins, ends))
    cuts = {at for one in periods for at in (one.begins, one.ends)}
    span = await figures.shelf.span(metric, list(dict.fromkeys(names)), first, last, cuts)
    between = {"$gte": datetime.fromtimestamp(begins, UTC), "$lt": datetime.fromtimestamp(ends, UTC)}
    known = await looked_up(figures.database, sieve, {"metric": metric, "answered_at": between}, span.rows)
    return Reading(span, asked, known, following)


def _following(asked: FiguresAsked, *, each_campaign: bool) -> str | None:
    """The column of each answer's next one that matters."""
    if asked.answers == "every":
        return None
    name = "next" if asked.provisional else "next_final"
    return f"{name}_of_campaign" if each_campaign or asked.campaign_id is not None else name


async def aside(work: Callable[[], T]) -> T:
    """Reckon beside the event loop, so that nobody else waits."""
    return await asyncio.to_thread(work)


def numbers(column: Column) -> Numbers:
    """A column of numbers."""
    if isinstance(column, Coded):
        msg = "a column of values is no column of numbers"
        raise TypeError(msg)
    return column


def coded(column: Column) -> Coded:
    """A column of values."""
    if not isinstance(column, Coded):
        msg = "a column of numbers is no column of values"
        raise TypeError(msg)
    return column
