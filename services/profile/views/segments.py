"""What can be seen of segments, and whom a search with one means."""

from typing import TypeVar

from chassis.errors import Invalid, NotFound
from chassis.mongo import Database
from services.profile.domain.segment import within
from services.profile.schemas.customers import Wanted
from services.profile.schemas.segments import SegmentBody, SegmentList
from services.profile.store import segments

MAX_LISTED = 1000
W = TypeVar("W", bound=Wanted)


async def resolved(database: Database, wanted: W) -> W:
    """The search with its segment's filter in the segment's place. Raises `Invalid` where there is none of this id."""
    if wanted.segment is None:
        return wanted
    try:
        segment = await segments.find_segment(database, wanted.segment)
    except NotFound as missing:
        raise Invalid(missing.code, missing.reason, field="segment") from missing
    return wanted.model_copy(update={"segment": None, "filter": within(segment, wanted.filter)})


async def list_segments(database: Database) -> SegmentList:
    """All, by name."""
    found = await segments.list_segments(database, MAX_LISTED)
    return SegmentList(items=[SegmentBody.of(one) for one in found])


async def segment(database: Database, id_: str) -> SegmentBody:
    """One. Raises `NotFound`."""
    return SegmentBody.of(await segments.find_segment(database, id_))
