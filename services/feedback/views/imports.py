"""What can be seen of imports of old answers."""

from collections.abc import AsyncIterator, Sequence

from chassis.mongo import Database
from services.feedback.domain.exporting import cell
from services.feedback.schemas.imports import ImportBody, ImportPage
from services.feedback.store.imports import imports
from services.feedback.views.exports import MARK, csv_lines


async def import_(database: Database, id_: str) -> ImportBody:
    """One. Raises `NotFound`."""
    return ImportBody.of(await imports.find(database, id_))


async def list_imports(database: Database, *, after: str | None, limit: int) -> ImportPage:
    """The newest first."""
    found = await imports.page(database, after=after, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return ImportPage(items=[ImportBody.of(one) for one in found], next=following)


async def refused(database: Database, id_: str) -> AsyncIterator[bytes]:
    """The rows that were refused, as CSV with row and reason in front. Raises `NotFound`."""
    found = await imports.find(database, id_)
    return _lines(database, id_, found.header)


async def _lines(database: Database, id_: str, header: Sequence[str]) -> AsyncIterator[bytes]:
    yield MARK + _line(["row", "reason", *header])
    async for fault in imports.noted(database, id_, "refused"):
        yield _line([str(fault["row"]), fault["reason"], *fault["cells"]])


def _line(cells: Sequence[str]) -> bytes:
    return csv_lines([[cell(one) for one in cells]])
