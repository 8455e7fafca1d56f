"""Segments: searches that people gave a name, to be used wherever customers are chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Whoever a filter holds for, at the moment when it is asked."""

    id: str
    version: int = 1
    name: str
    filter: Mapping[str, Any] = field(default_factory=dict)
    by: str
    created_at: datetime
    changed_at: datetime

    @property
    def key(self) -> str:
        """Its name as names are compared."""
        return " ".join(self.name.casefold().split())


def within(segment: Segment, filter_: Mapping[str, Any]) -> dict[str, Any]:
    """A filter of those in a segment only."""
    parts = [dict(one) for one in (segment.filter, filter_) if one]
    return {"all": parts} if len(parts) > 1 else parts[0] if parts else {}
