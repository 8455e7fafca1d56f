"""The HTTP bodies of segments."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sounding_contracts.payload import Name

from chassis import filters
from services.profile.domain.segment import Segment
from services.profile.schemas.customers import CUSTOMER_FIELDS


class SegmentEdit(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    filter: dict[str, Any] | None = Field(default=None, description="In the filter language.")

    def check(self) -> None:
        """Raises `Invalid` that names the place in the filter."""
        if self.filter is not None:
            filters.parse(self.filter, CUSTOMER_FIELDS)


class SegmentDraft(SegmentEdit):
    """A search with a name."""

    name: Name
    filter: dict[str, Any] = Field(description="In the filter language; `{}` is everyone.")


class SegmentBody(BaseModel):
    """A segment. Its filter may be given wherever a filter is asked for, a campaign's audience too."""

    id: str
    version: int = Field(description="For `If-Match`.")
    name: str
    filter: dict[str, Any]
    by: str
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, segment: Segment) -> "SegmentBody":
        """From the domain."""
        return cls.model_validate({name: getattr(segment, name) for name in cls.model_fields})


class SegmentCounted(SegmentBody):
    """A segment, and how many are in it now; `exact` false: at least so many."""

    count: int
    exact: bool


class SegmentList(BaseModel):
    """Segments, by name."""

    items: list[SegmentBody]
