"""What became of the surveys that were sent."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from chassis import filters
from services.feedback.domain.columns import Mask, Numbers
from services.feedback.domain.counted import COMMENTED, DELIVERED, OPENED, RESPONDED, SURVEYS, day
from services.feedback.domain.period import Period
from services.feedback.domain.tally import every, percent
from services.feedback.schemas.dashboard import SURVEY_FIELDS, Asked, FunnelBody, StepBody
from services.feedback.store.marks import waiting
from services.feedback.store.shelf import Span
from services.feedback.views.reading import Figures, aside, numbers, period_of
from services.feedback.views.sifting import Sieve

STEPS = {"delivered": DELIVERED, "opened": OPENED, "responded": RESPONDED, "commented": COMMENTED}


async def funnel(figures: Figures, asked: Asked, now: datetime) -> FunnelBody:
    """How far the surveys of the period came, and those of the equal period before. Raises `Invalid`."""
    period, wait = period_of(asked, now), await waiting(figures.database)
    before = period.before()
    sieve = Sieve(filters.parse(asked.filter, SURVEY_FIELDS), "")
    periods = [*([before] if before else []), period]
    placed = [name for name in ("campaign_id", "channel") if getattr(asked, name) is not None]
    names = ["stage", *placed, *sieve.columns()]
    first, last = (day(datetime.fromtimestamp(at, UTC)) for at in (periods[0].begins, period.ends))
    cuts = {at for one in periods for at in (one.begins, one.ends)}
    span = await figures.shelf.span(SURVEYS, list(dict.fromkeys(names)), first, last, cuts)
    steps = await aside(lambda: [_steps(counts.tolist()) for counts in _reached(span, asked, sieve, periods)])
    return FunnelBody(
        steps=steps[-1],
        previous=steps[0] if before else None,
        waiting=wait,
        first_day=period.first_day,
        last_day=period.last_day,
    )


def _reached(span: Span, asked: Asked, sieve: Sieve, periods: Sequence[Period]) -> Numbers:
    """How many surveys of each period were sent, and reached each step."""
    ranges = [(span.cut(one.begins), span.cut(one.ends)) for one in periods]
    found = np.zeros((len(periods), 1 + len(STEPS)), dtype=np.int64)
    for part in span.parts():
        place = sieve.place(part.columns, {"campaign_id": asked.campaign_id, "channel": asked.channel})
        passing = every([*([sieve.mask(part.columns, part.rows)] if asked.filter else []), *place])
        stages = numbers(part.columns["stage"])
        for row, (begin, end) in enumerate(ranges):
            first, last = part.within(begin, end)
            if first < last:
                some = None if passing is None else passing[first:last]
                found[row] += _count(stages[first:last], some)
    return found


def _count(stages: Numbers, passing: Mask | None) -> list[int]:
    """How many were sent and pass, and of those how many reached each step."""
    some = stages if passing is None else stages * passing
    sent = len(stages) if passing is None else int(np.count_nonzero(passing))
    return [sent, *(int(np.count_nonzero(some & np.uint8(bit))) for bit in STEPS.values())]


def _steps(reached: Sequence[int]) -> list[StepBody]:
    counts = dict(zip(("sent", *STEPS), reached, strict=True))
    sent, above, steps = counts["sent"], None, []
    told = counts["delivered"] > counts["opened"] or counts["delivered"] == sent
    for name, count in counts.items():
        steps.append(
            StepBody(
                name=name,
                count=count,
                known=told or name != "delivered",
                percent_of_sent=percent(count, sent),
                percent_of_step_before=None if above is None else percent(count, above),
            )
        )
        above = count
    return steps
