"""What can be done with segments."""

from dataclasses import replace

from chassis.ids import new_id
from chassis.mongo import Transaction
from services.profile.commands.customers import Author
from services.profile.domain.segment import Segment
from services.profile.schemas.segments import SegmentDraft, SegmentEdit
from services.profile.store import segments


async def create_segment(tx: Transaction, draft: SegmentDraft, author: Author) -> Segment:
    """Give a search a name. Raises `Conflict` where the name is another's."""
    now = author.now
    made = Segment(id=new_id(), name=draft.name, filter=draft.filter, by=author.by, created_at=now, changed_at=now)
    return await segments.put_segment(tx, made)


async def edit_segment(
    tx: Transaction, id_: str, edit: SegmentEdit, author: Author, *, expected: int | None
) -> Segment:
    """Change name or filter. Raises `NotFound`, `Outdated`, and `Conflict` where the name is another's."""
    known = await segments.get_segment(tx, id_, expected)
    after = replace(
        known,
        version=known.version + 1,
        name=known.name if edit.name is None else edit.name,
        filter=known.filter if edit.filter is None else edit.filter,
        by=author.by,
        changed_at=author.now,
    )
    return await segments.put_segment(tx, after)


async def delete_segment(tx: Transaction, id_: str, *, expected: int | None) -> Segment:
    """Forget it; what was done with those in it stays. Raises `NotFound`, `Outdated`."""
    known = await segments.get_segment(tx, id_, expected)
    await segments.drop_segment(tx, id_)
    return known
