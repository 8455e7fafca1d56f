"""What can be seen of all answers together: figures, over time, by value."""

from datetime import datetime
from functools import partial

from chassis import filters
from chassis.errors import Invalid
from chassis.mongo import Database
from services.feedback.domain.counted import NOW, PROVISIONAL, SUSPECTED
from services.feedback.domain.period import Period
from services.feedback.domain.scoring import Figure, change, figure, scale
from services.feedback.domain.tally import by_score
from services.feedback.schemas.dashboard import (
    FEW,
    FIGURE_FIELDS,
    BreakdownAsked,
    BreakdownBody,
    BucketBody,
    ChangeBody,
    DimensionBody,
    DimensionsBody,
    LeftOut,
    PreviousBody,
    ScoreBody,
    ScoresAsked,
    ScoresBody,
    SeriesAsked,
    SeriesBody,
    ValueBody,
)
from services.feedback.store.collections import CAMPAIGNS
from services.feedback.store.columns import FIRST_DAY, LAST_DAY, names_in
from services.feedback.store.marks import waiting
from services.feedback.views.reading import Figures, Reading, aside, period_of, read
from services.feedback.views.sifting import fact_column


async def scores(figures: Figures, asked: ScoresAsked, now: datetime) -> ScoresBody:
    """Each metric with its margin, its distribution, and its change to the equal period before. Raises `Invalid`."""
    period, wait = period_of(asked, now), await waiting(figures.database)
    before = period.before()
    found = []
    for metric in dict.fromkeys(asked.metrics):
        reading = await read(figures, asked, metric, [*([before] if before else []), period], more=["flags"])
        found.append(await aside(partial(_score, reading, metric, period, before)))
    return ScoresBody(scores=found, waiting=wait, first_day=period.first_day, last_day=period.last_day)


def _score(reading: Reading, metric: str, period: Period, before: Period | None) -> ScoreBody:
    *earlier, counts = reading.tallies([*([before] if before else []), period])
    now, low_high = figure(metric, counts), scale(metric)
    then = figure(metric, earlier[0]) if earlier else None
    moved = change(now, then) if then else None
    days = {"first_day": before.first_day, "last_day": before.last_day} if before else {}
    body: ScoreBody = ScoreBody.of(
        now,
        metric=metric,
        distribution={score: counts.get(score, 0) for score in range(low_high[0], low_high[1] + 1)},
        left_out=_left_out(reading, period),
        previous=PreviousBody.of(then, **days) if then else None,
        change=ChangeBody.of(moved) if moved else None,
    )
    return body


def _left_out(reading: Reading, period: Period) -> LeftOut:
    counts = reading.flags(period)
    suspected = int(counts[SUSPECTED] + counts[SUSPECTED | PROVISIONAL])
    provisional = 0 if reading.asked.provisional else int(counts[PROVISIONAL])
    return LeftOut(provisional=provisional, suspected_automatic=suspected)


async def series(figures: Figures, asked: SeriesAsked, now: datetime) -> SeriesBody:
    """A metric for each day, week or month, each as a period of its own. Raises `Invalid`."""
    period, wait = period_of(asked, now), await waiting(figures.database)
    buckets = period.buckets(asked.unit)
    reading = await read(figures, asked, asked.metric, buckets)

    def reckon() -> list[Figure]:
        return [figure(asked.metric, counts) for counts in reading.tallies(buckets)]

    found = await aside(reckon)
    shown = [
        BucketBody.of(reckoned, first_day=one.first_day, last_day=one.last_day)
        for reckoned, one in zip(found, buckets, strict=True)
    ]
    days = {"first_day": period.first_day, "last_day": period.last_day}
    return SeriesBody(metric=asked.metric, buckets=shown, waiting=wait, **days)


async def breakdown(figures: Figures, asked: BreakdownAsked, now: datetime) -> BreakdownBody:
    """A metric for each value of something; for campaigns, as if each was asked for alone. Raises `Invalid`."""
    period, wait = period_of(asked, now), await waiting(figures.database)
    column, campaigns = _column(asked), asked.by == "campaign_id"
    reading = await read(figures, asked, asked.metric, [period], more=[column], each_campaign=campaigns)
    items, values = await aside(lambda: _by_value(reading, column, period, asked.limit))
    labels = await _names(figures.database, [item.value for item in items]) if campaigns else {}
    shown = [item.model_copy(update={"label": labels.get(item.value)}) for item in items]
    days = {"first_day": period.first_day, "last_day": period.last_day}
    return BreakdownBody(metric=asked.metric, by=asked.by, items=shown, values=values, waiting=wait, **days)


def _column(asked: BreakdownAsked) -> str:
    """The column that holds what a breakdown is by. Raises `Invalid`."""
    clause = next(filters.clauses(filters.parse({"field": asked.by, "op": "exists"}, FIGURE_FIELDS, place="by")))
    found = fact_column(clause.path, now=asked.attributes == "now")
    if found is None:
        code, reason = "by-not-valid", f"Answers cannot be split by {asked.by}."
        raise Invalid(code, reason, field="by")
    return found


def _by_value(reading: Reading, column: str, period: Period, limit: int) -> tuple[list[ValueBody], int]:
    """Those with the most answers, and how many there are."""
    found = reading.tally_by(column, period)
    figures = [(value, figure(reading.sieve.metric, by_score(counts))) for value, counts in found[:limit]]
    return [ValueBody.of(one, value=value, few=one.count < FEW) for value, one in figures], len(found)


async def _names(database: Database, ids: list[object]) -> dict[object, str]:
    asked = {"_id": {"$in": [id_ for id_ in ids if id_ is not None]}}
    return {row["_id"]: row["name"] async for row in database.collection(CAMPAIGNS).find(asked, {"name": 1})}


async def dimensions(database: Database, metric: str) -> DimensionsBody:
    """All that answers to a metric can be split by; properties as far as they were ever met."""
    there = await names_in(database, metric, FIRST_DAY, LAST_DAY)
    met = {name.partition(".properties.")[2] for name in there if ".properties." in name}
    fixed = {name: one.path for name, one in FIGURE_FIELDS.items() if fact_column(one.path, now=False)}
    paths = fixed | {f"properties.{name}": f"attributes.properties.{name}" for name in sorted(met)}
    held = {one.removeprefix(f"{NOW}.").removeprefix("attributes.") for one in there}
    items = [
        DimensionBody(name=name, of="customer" if path.startswith("attributes.") else "answer")
        for name, path in paths.items()
        if path.removeprefix("attributes.") in held
    ]
    return DimensionsBody(items=items)
