"""Customers as a file, page by page: as much memory for a million as for a thousand."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

from chassis.mongo import Database
from services.profile.domain.exporting import COLUMNS, row
from services.profile.schemas.customers import CustomerBody, CustomerExport, CustomerPage
from services.profile.views.customers import customers
from services.profile.views.segments import resolved

PAGE = 500
MARK = b"\xef\xbb\xbf"
"""Tells spreadsheets that a file is UTF-8."""


async def export(database: Database, wanted: CustomerExport) -> AsyncIterator[bytes]:
    """The file, in pieces. Raises `Invalid` before the first of them."""
    wanted = await resolved(database, wanted)
    first = await customers(database, wanted, after=None, limit=PAGE, exact=True)
    return _pieces(database, wanted, first)


async def _pieces(database: Database, wanted: CustomerExport, page: CustomerPage) -> AsyncIterator[bytes]:
    if wanted.format == "csv":
        yield MARK + csv_lines([COLUMNS])
    while True:
        yield _csv(page.items) if wanted.format == "csv" else _ndjson(page.items)
        if page.next is None:
            return
        page = await customers(database, wanted, after=page.next, limit=PAGE, exact=True)


def _csv(items: Iterable[CustomerBody]) -> bytes:
    return csv_lines([row(item.model_dump(mode="json")) for item in items])


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _ndjson(items: Iterable[CustomerBody]) -> bytes:
    return b"".join(item.model_dump_json().encode() + b"\n" for item in items)
