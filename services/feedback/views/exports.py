"""Answers as a file, page by page: as much memory for ten million as for a thousand."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

from chassis.mongo import Database, Document
from services.feedback.adapters.parquet import parquet
from services.feedback.domain.exporting import COLUMNS, cells, values
from services.feedback.domain.finding import Order
from services.feedback.schemas import ResponseBody
from services.feedback.schemas.finding import ResponseExport
from services.feedback.views.responses import mark_of, page

PAGE = 500
MARK = b"\xef\xbb\xbf"
"""Tells spreadsheets that a file is UTF-8."""
ORDER = Order.of("answered_at")


async def export(database: Database, wanted: ResponseExport) -> AsyncIterator[bytes]:
    """The file, in pieces, the oldest answer first. Raises `Invalid` before the first of them."""
    pages = _pages(database, wanted.query)
    if wanted.format == "parquet":
        return parquet(_rows(pages))
    return _csv(pages) if wanted.format == "csv" else _ndjson(pages)


async def _pages(database: Database, query: Document) -> AsyncIterator[list[ResponseBody]]:
    after: str | None = None
    while True:
        found = await page(database, query, ORDER, after=after, limit=PAGE)
        yield [ResponseBody.of(response) for response in found]
        if len(found) < PAGE:
            return
        after = mark_of(ORDER, found[-1])


async def _csv(pages: AsyncIterator[list[ResponseBody]]) -> AsyncIterator[bytes]:
    yield MARK + csv_lines([COLUMNS])
    async for some in pages:
        yield csv_lines([cells(one.model_dump(mode="json")) for one in some])


async def _ndjson(pages: AsyncIterator[list[ResponseBody]]) -> AsyncIterator[bytes]:
    async for some in pages:
        yield b"".join(one.model_dump_json().encode() + b"\n" for one in some)


async def _rows(pages: AsyncIterator[list[ResponseBody]]) -> AsyncIterator[list[dict[str, object]]]:
    async for some in pages:
        yield [values(one.model_dump()) for one in some]


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
