"""Bodies of a dry run."""

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, Field

from services.scheduler.domain.dry_run import DryRun, Heap


class DayBody(BaseModel):
    """One day of the company."""

    day: date
    count: int


class HeapBody(BaseModel):
    """How many customers, by what, and a few of them."""

    by: str
    count: int
    samples: list[str] = Field(description="Ids of customers, up to five.")


class DryRunBody(BaseModel):
    """What the campaign would do in the days ahead, were it switched on now. Nothing of it is stored."""

    campaign_id: str
    exact: bool = Field(
        description="False: a part of the customers was looked at, picked by chance, and every count multiplied."
    )
    audience: int = Field(description="Customers who match.")
    total: int = Field(description="Surveys in all these days.")
    first_day: int = Field(description="Surveys on the first day.")
    sends: list[DayBody] = Field(description="Surveys a day, within the daily cap.")
    held: list[HeapBody] = Field(description="By rule: those it moves to a later moment.")
    nothing: list[HeapBody] = Field(description="By reason: those of the audience who get no survey.")
    clashes: list[HeapBody] = Field(
        description="By campaign: those whom both want to survey within these days, so that one of them waits."
    )

    @classmethod
    def of(cls, run: DryRun, factor: float) -> "DryRunBody":
        """What came out, multiplied where only a part was looked at."""
        sends = [DayBody(day=day, count=round(count * factor)) for day, count in run.sends()]
        held = {**run.held}
        if late := run.beyond_cap():
            held["daily-cap"] = Heap(late)
        return cls(
            campaign_id=run.campaign.id,
            exact=factor == 1,
            audience=round(run.audience * factor),
            total=sum(one.count for one in sends),
            first_day=sends[0].count,
            sends=sends,
            held=_heaps(held, factor),
            nothing=_heaps(run.nothing, factor),
            clashes=_heaps(run.clashes, factor),
        )


def _heaps(heaps: Mapping[str, Heap], factor: float) -> list[HeapBody]:
    found = [HeapBody(by=by, count=round(heap.count * factor), samples=heap.samples) for by, heap in heaps.items()]
    return sorted(found, key=lambda heap: (-heap.count, heap.by))
