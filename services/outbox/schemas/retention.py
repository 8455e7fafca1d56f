"""How long things are kept."""

from collections.abc import Mapping

from pydantic import BaseModel, Field


class KeptBody(BaseModel):
    """One kind of thing."""

    what: str
    days: float | None = Field(description="After so many days it is removed by itself; null: not by itself.")


class RetentionBody(BaseModel):
    """How long this service keeps what. What is about a person goes with that person's erasure, whatever stands here."""

    items: list[KeptBody]

    @classmethod
    def of(cls, kept: Mapping[str, float | None]) -> "RetentionBody":
        """From what is in force."""
        return cls(items=[KeptBody(what=what, days=days) for what, days in kept.items()])
