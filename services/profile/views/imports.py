"""What can be seen of CSV imports."""

from collections.abc import AsyncIterator, Sequence

from chassis.mongo import Database
from commons.file_imports import Note
from services.profile.domain.exporting import cell
from services.profile.schemas.imports import ImportBody, ImportPage
from services.profile.store.imports import imports
from services.profile.views.exports import MARK, csv_lines


async def import_(database: Database, id_: str) -> ImportBody:
    """One. Raises `NotFound`."""
    return ImportBody.of(await imports.find(database, id_))


async def list_imports(database: Database, *, after: str | None, limit: int) -> ImportPage:
    """The newest first."""
    found = await imports.page(database, after=after, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return ImportPage(items=[ImportBody.of(one) for one in found], next=following)


async def noted(database: Database, id_: str, note: Note) -> AsyncIterator[bytes]:
    """The rows that were refused, or doubled, as CSV with row and reason in front. Raises `NotFound`."""
    found = await imports.find(database, id_)
    return _lines(database, id_, note, found.header)


async def _lines(database: Database, id_: str, note: Note, header: Sequence[str]) -> AsyncIterator[bytes]:
    yield MARK + _line(["row", "reason", *header])
    async for row in imports.noted(database, id_, note):
        yield _line([str(row["row"]), row["reason"], *row["cells"]])


def _line(cells: Sequence[str]) -> bytes:
    return csv_lines([[cell(one) for one in cells]])
