"""Bodies of the ledger."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.scheduler.domain.ledger import Bucket


class Entry(BaseModel):
    """How many of the audience stand in one place, by rule."""

    count: int
    by_rule: dict[str, int]


class Ledger(BaseModel):
    """Where everyone of the audience stands: `audience` is the sum of the six."""

    campaign_id: str
    cycle: int | None = Field(description="Which round; null: each one's own latest.")
    audience: int
    entries: dict[Bucket, Entry]
    counted_at: datetime


class LedgerLine(BaseModel):
    """One of the people in a place of the ledger."""

    customer_id: str
    rule: str


class LedgerPage(BaseModel):
    """People by id; `next` goes into `after` for the following page."""

    items: list[LedgerLine]
    next: str | None = None
