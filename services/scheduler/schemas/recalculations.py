"""Bodies of following a change of rules."""

from datetime import datetime

from pydantic import BaseModel, Field


class Recalculation(BaseModel):
    """How far the customers' dates have followed the last change. What is sent meanwhile follows it already."""

    version: int = Field(description="Grows with each change of a running campaign or of the company's rules.")
    changed_at: datetime | None = Field(description="When the last change was.")
    customers: int
    done: int
    left: int
    finished: bool
