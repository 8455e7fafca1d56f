"""What became of the surveys that were sent."""

from datetime import UTC, datetime

import numpy as np

from chassis import filters
from chassis.mongo import Database
from services.feedback.domain.columns import Mask
from services.feedback.domain.counted import COMMENTED, DELIVERED, OPENED, RESPONDED, SURVEYS, day
from services.feedback.domain.period import Period
from services.feedback.domain.tally import where
from services.feedback.schemas.dashboard import SURVEY_FIELDS, Asked, FunnelBody, StepBody
from services.feedback.store.columns import Span, read_span
from services.feedback.store.marks import waiting
from services.feedback.views.reading import aside, numbers, period_of
from services.feedback.views.sifting import Sieve

STEPS = {"delivered": DELIVERED, "opened": OPENED, "responded": RESPONDED, "commented": COMMENTED}


async def funnel(database: Database, asked: Asked, now: datetime) -> FunnelBody:
    """How far the surveys of the period came, and those of the equal period before. Raises `Invalid`."""
    period, wait = period_of(asked, now), await waiting(database)
    before = period.before()
    sieve = Sieve(filters.parse(asked.filter, SURVEY_FIELDS), "")
    periods = [*([before] if before else []), period]
    names = ["stage", "campaign_id", "channel", *sieve.columns()]
    first, last = (day(datetime.fromtimestamp(at, UTC)) for at in (periods[0].begins, period.ends))
    cuts = {at for one in periods for at in (one.begins, one.ends)}
    span = await read_span(database, SURVEYS, list(dict.fromkeys(names)), first, last, cuts)
    passing = await aside(lambda: _passing(span, asked, sieve))
    return FunnelBody(
        steps=_steps(span, passing, period),
        previous=_steps(span, passing, before) if before else None,
        waiting=wait,
        first_day=period.first_day,
        last_day=period.last_day,
    )


def _passing(span: Span, asked: Asked, sieve: Sieve) -> Mask:
    found = sieve.mask(span.columns, span.rows)
    for name, value in (("campaign_id", asked.campaign_id), ("channel", asked.channel)):
        if value is not None:
            found = found & where(span.columns[name], lambda one, value=value: one == value)  # type: ignore[misc]
    return found


def _steps(span: Span, passing: Mask, period: Period) -> list[StepBody]:
    part = slice(span.cut(period.begins), span.cut(period.ends))
    stages = numbers(span.columns["stage"])[part][passing[part]]
    counts = {"sent": len(stages)}
    counts |= {name: int(np.count_nonzero(stages & bit)) for name, bit in STEPS.items()}
    sent, above, steps = len(stages), None, []
    for name, count in counts.items():
        steps.append(
            StepBody(
                name=name,
                count=count,
                percent_of_sent=_percent(count, sent),
                percent_of_step_before=None if above is None else _percent(count, above),
            )
        )
        above = count
    return steps


def _percent(count: int, of: int) -> float | None:
    return round(100 * count / of, 1) if of else None
