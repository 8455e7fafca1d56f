"""The HTTP bodies of looking for answers."""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import UtcDatetime

from chassis import filters
from chassis.mongo import Document
from services.feedback.domain.finding import look_for
from services.feedback.domain.work import State
from services.feedback.schemas.fields import RESPONSE_FIELDS

Text = Annotated[str, StringConstraints(max_length=200)]
Score = Annotated[int, Field(ge=0, le=10)]


class Wanted(BaseModel):
    """Which answers are looked for: all that is said must hold."""

    model_config = ConfigDict(extra="forbid")

    q: Text | None = Field(default=None, description="Words that begin a word of the comment, all of them.")
    customer_id: Text | None = None
    campaign_id: Text | None = None
    channel: Text | None = None
    metric: Text | None = None
    score_class: Text | None = Field(default=None, description="`promoter`, `passive`, `detractor` and so on.")
    min_score: Score | None = None
    max_score: Score | None = None
    since: UtcDatetime | None = Field(default=None, description="Answered at this moment or later.")
    until: UtcDatetime | None = Field(default=None, description="Answered before this moment.")
    state: State | None = Field(default=None, description="Of the work: `open` or `resolved`.")
    assigned_to: Text | None = None
    tag: Text | None = Field(default=None, description="What colleagues call it.")
    has_comment: bool | None = None
    provisional: bool | None = Field(default=None, description="Chosen but not sent off.")
    suspected_automatic: bool | None = None
    manual: bool | None = Field(default=None, description="Added by hand or by an import.")

    def parts(self) -> list[Document]:
        """The queries that must all hold. Raises `Invalid` for a text to look for that says nothing."""
        exact = ("customer_id", "campaign_id", "channel", "metric", "score_class", "provisional", "suspected_automatic")
        equal = {name: {"$eq": getattr(self, name)} for name in exact if getattr(self, name) is not None}
        work = {"state": self.state and str(self.state), "assigned_to": self.assigned_to, "tags": self.tag}
        equal |= {f"work.{name}": {"$eq": value} for name, value in work.items() if value is not None}
        found = [{name: asked} for name, asked in equal.items()]
        found += _between("score", self.min_score, {"$lte": self.max_score})
        found += _between("answered_at", self.since, {"$lt": self.until})
        for name, asked in (("comment", self.has_comment), ("added_by", self.manual)):
            found += [] if asked is None else [{name: {"$ne" if asked else "$eq": None}}]
        return found + (look_for(self.q) if self.q is not None else [])

    @cached_property
    def query(self) -> Document:
        """The same as a MongoDB query."""
        parts = self.parts()
        return {"$and": parts} if parts else {}


class Filtered(Wanted):
    """The same by a filter too."""

    filter: dict[str, Any] = Field(default_factory=dict, description="The filter language; `{}` is everything.")

    def parts(self) -> list[Document]:
        """Raises `Invalid` that names the place in the filter."""
        asked = filters.parse(self.filter, RESPONSE_FIELDS).query()
        return [*super().parts(), *([asked] if asked else [])]


class Paged(BaseModel):
    """Which page of a list."""

    sort: Annotated[str, StringConstraints(max_length=40)] = Field(
        default="-answered_at", description="`answered_at`, `changed_at` or `score`; a minus in front turns it round."
    )
    after: Annotated[str, StringConstraints(max_length=400)] | None = Field(
        default=None, description="`next` of the page before."
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ResponseQuery(Paged, Wanted):
    """A list of answers."""


class ResponseSearch(Paged, Filtered):
    """A list of answers by a filter."""


class CountBody(Filtered):
    """Which answers to count."""

    up_to: Annotated[int, Field(ge=1, le=1_000_000)] = Field(default=10_000, description="Count no further than this.")


class ResponseCount(BaseModel):
    """How many answers there are, and how many of them are open; `exact`: not more than that."""

    count: int
    open: int
    exact: bool


class ResponseExport(Filtered):
    """Which answers to export, and as what."""

    format: Literal["csv", "ndjson", "parquet"] = "csv"


def _between(name: str, low: Any, below: dict[str, Any]) -> list[Document]:
    asked = {"$gte": low, **below}
    given = {op: value for op, value in asked.items() if value is not None}
    return [{name: given}] if given else []
