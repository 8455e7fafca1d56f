"""The answers that a question is about, read as columns."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from chassis import filters
from chassis.mongo import Database
from services.feedback.domain.columns import Coded, Column, Mask, Numbers
from services.feedback.domain.counted import day
from services.feedback.domain.period import Period, period
from services.feedback.domain.tally import Answers, every, of_kind, where
from services.feedback.schemas.dashboard import FIGURE_FIELDS, Asked, FiguresAsked
from services.feedback.store.columns import Span, read_span
from services.feedback.views.sifting import Sieve, looked_up

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """Columns of all answers of a metric in some days; `of_campaign` where each campaign is looked at by itself."""

    span: Span
    asked: FiguresAsked
    sieve: Sieve
    following: str | None

    def answers(self) -> Answers:
        """Those that count; where only last ones do, the others are none."""
        columns, asked = self.span.columns, self.asked
        flags = None if self.following else numbers(columns["flags"])
        kind = None if flags is None else of_kind(flags, provisional=asked.provisional)
        masks = [*([] if kind is None else [kind]), *self.place()]
        if asked.filter:
            masks.append(self.sieve.mask(columns, self.span.rows))
        following = numbers(columns[self.following]) if self.following else None
        return Answers(scores=numbers(columns["score"]), wanted=every(masks), following=following)

    def place(self) -> list[Mask]:
        """Of the campaign and channel that are asked for."""
        asked, columns = self.asked, self.span.columns
        wanted = {"campaign_id": asked.campaign_id, "channel": asked.channel}
        return [
            where(columns[name], lambda one, value=value: one == value)  # type: ignore[misc]
            for name, value in wanted.items()
            if value is not None
        ]


def period_of(asked: Asked, now: datetime) -> Period:
    """The period that is asked for. Raises `Invalid`."""
    found = period(asked.first_day, asked.last_day, asked.zone, now.date())
    if asked.last_day is None:
        return period(asked.first_day, now.astimezone(found.zone).date(), asked.zone, now.date())
    return found


async def read(
    database: Database,
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
    span = await read_span(database, metric, list(dict.fromkeys(names)), first, last, cuts)
    between = {"$gte": datetime.fromtimestamp(begins, UTC), "$lt": datetime.fromtimestamp(ends, UTC)}
    known = await looked_up(database, sieve, {"metric": metric, "answered_at": between}, span.rows)
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
