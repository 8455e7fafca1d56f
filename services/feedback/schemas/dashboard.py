"""The HTTP bodies of the dashboard."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis import filters
from services.feedback.domain.period import Unit
from services.feedback.domain.scoring import Change, Figure
from services.feedback.domain.tally import shares
from services.feedback.schemas.fields import RESPONSE_FIELDS
from services.feedback.schemas.responses import Metric, Reference

TEXT = filters.Kind.TEXT
FIGURE_FIELDS: Mapping[str, filters.Field] = {
    **RESPONSE_FIELDS,
    "customer_language": filters.Field(TEXT, "attributes.language"),
    "template_version": filters.Field(TEXT, "template_version"),
}
"""What figures may be filtered and split by: what is known of an answer, and of who gave it."""
SURVEY_FIELDS: Mapping[str, filters.Field] = {
    name: filters.Field(TEXT, name) for name in ("campaign_id", "channel", "language", "template_version", "reason")
}
"""What the funnel may be filtered by: whoever has not answered has no attributes of the time of answering."""
FEW = 30

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Asked(BaseModel):
    """A period, and whose answers."""

    model_config = ConfigDict(extra="forbid")

    first_day: date | None = Field(default=None, description="The last 30 days where left out.")
    last_day: date | None = Field(default=None, description="It counts too; today where left out.")
    zone: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        default="UTC", description="The company's time zone, in which days begin."
    )
    campaign_id: Reference | None = Field(default=None, description="Only what was answered in this campaign.")
    channel: Reference | None = Field(default=None, description="`email`, `in_app`, `link`, `manual`.")
    filter: dict[str, Any] = Field(default_factory=dict, description="Clauses, as in lists of answers and audiences.")


class FiguresAsked(Asked):
    """A period, whose answers, and which of them count."""

    answers: Literal["last", "every"] = Field(
        default="last",
        description="`last`: of each customer the last one in the period (in the campaign, where one is named), if it"
        " passes channel and filter; `every`: all that pass.",
    )
    attributes: Literal["then", "now"] = Field(
        default="then", description="A customer's attributes when it answered, or as they are now."
    )
    provisional: bool = Field(default=False, description="Count scores too that were chosen but not sent off.")


class ScoresAsked(FiguresAsked):
    """Which metrics."""

    metrics: list[Metric] = Field(default=["nps", "csat", "ces", "five_star"], min_length=1, max_length=4)


class SeriesAsked(FiguresAsked):
    """A metric over time."""

    metric: Metric
    unit: Unit = Field(default=Unit.MONTH, description="Weeks begin on Monday.")


class BreakdownAsked(FiguresAsked):
    """A metric for each value of something."""

    metric: Metric
    by: Name = Field(description="`campaign_id`, `tags`, `properties.plan`, …: see `GET /v1/dashboard/dimensions`.")
    limit: int = Field(default=100, ge=1, le=1000, description="Of the values with the most answers.")


class PeriodBody(BaseModel):
    """Both days belong to it."""

    first_day: date
    last_day: date


class ClassBody(BaseModel):
    """How many answers are in a class."""

    count: int
    percent: float


class FigureBody(BaseModel):
    """A metric over some answers."""

    count: int = Field(description="Answers that count; with `last` each is another customer's.")
    score: float | None = Field(
        description="NPS in points, CSAT in percent satisfied (4 and 5), CES and 5-star as a mean; rounded once."
    )
    exact: float | None
    margin: float | None = Field(description="Half the 95 % interval, in the unit of the score.")
    classes: dict[str, ClassBody]

    @classmethod
    def of(cls, figure: Figure, **more: Any) -> Any:
        """From the domain."""
        percent = shares(figure.classes)
        classes = {name: ClassBody(count=count, percent=percent[name]) for name, count in figure.classes.items()}
        margin = None if figure.margin is None else round(figure.margin, 2)
        return cls(count=figure.count, score=figure.score, exact=figure.exact, margin=margin, classes=classes, **more)


class ChangeBody(BaseModel):
    """Against the equal period before."""

    difference: float
    margin: float
    clear: bool = Field(description="Whether it is more than chance would do (beyond the margin of both).")

    @classmethod
    def of(cls, change: Change) -> "ChangeBody":
        """From the domain."""
        return cls(difference=round(change.difference, 2), margin=round(change.margin, 2), clear=change.clear)


class LeftOut(BaseModel):
    """Answers of the period, campaign and channel that no figure counts."""

    provisional: int = Field(description="Chosen but not sent off; 0 where they are counted.")
    suspected_automatic: int


class PreviousBody(FigureBody, PeriodBody):
    """The equal period before."""


class ScoreBody(FigureBody):
    """A metric in the period."""

    metric: str
    distribution: dict[int, int] = Field(description="How many answers have each score of the scale.")
    left_out: LeftOut
    previous: PreviousBody | None
    change: ChangeBody | None = Field(description="Null where one of the periods has no answers.")


class Counted(BaseModel):
    """How far it is counted."""

    waiting: int = Field(description="Changes that are still to be counted; 0 a moment after the last answer.")


class ScoresBody(PeriodBody, Counted):
    """The metrics asked for."""

    scores: list[ScoreBody]


class BucketBody(FigureBody, PeriodBody):
    """A day, week or month: a period of its own."""


class SeriesBody(PeriodBody, Counted):
    """A metric over time, the oldest first."""

    metric: str
    buckets: list[BucketBody]


class ValueBody(FigureBody):
    """A metric for one value."""

    value: str | float | bool | None = Field(description="Null: those without any.")
    label: str | None = Field(default=None, description="The name of a campaign.")
    few: bool = Field(description=f"Fewer than {FEW} answers: take it with care.")


class BreakdownBody(PeriodBody, Counted):
    """A metric for each value, the most answers first; who has several values counts in each."""

    metric: str
    by: str
    items: list[ValueBody]
    values: int = Field(description="How many values there are, shown or not.")


class StepBody(BaseModel):
    """How many surveys came this far."""

    name: str
    count: int
    known: bool = Field(
        description="False for `delivered` where no receiving server has told of a survey that nobody opened: "
        "then it counts only those that were opened, and more may have arrived."
    )
    percent_of_sent: float | None
    percent_of_step_before: float | None


class FunnelBody(PeriodBody, Counted):
    """What became of the surveys that were sent in the period; a reminder belongs to its survey."""

    steps: list[StepBody]
    previous: list[StepBody] | None = Field(description="Of the equal period before.")


class DimensionBody(BaseModel):
    """Something to split or filter by."""

    name: str
    of: Literal["answer", "customer"]


class DimensionsBody(BaseModel):
    """All that answers have."""

    items: list[DimensionBody]
