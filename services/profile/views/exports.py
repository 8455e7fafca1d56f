"""Customers as a file, page by page: as much memory for a million as for a thousand."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

from chassis.mongo import Database
from services.profile.domain.exporting import COLUMNS, row
from services.profile.schemas.customers import CustomerBody, CustomerExport, CustomerPage
from services.profile.views.customers import customers

PAGE = 500


async def export(database: Database, wanted: CustomerExport) -> AsyncIterator[bytes]:
    """The file, in pieces. Raises `Invalid` before the first of them."""
    first = await customers(database, wanted, after=None, limit=PAGE)
    return _pieces(database, wanted, first)


async def _pieces(database: Database, wanted: CustomerExport, page: CustomerPage) -> AsyncIterator[bytes]:
    if wanted.format == "csv":
        # The mark tells spreadsheets that it is UTF-8.
        yield b"\xef\xbb\xbf" + _lines([COLUMNS])
    while True:
        yield _csv(page.items) if wanted.format == "csv" else _ndjson(page.items)
        if page.next is None:
            return
        page = await customers(database, wanted, after=page.next, limit=PAGE)


def _csv(items: Iterable[CustomerBody]) -> bytes:
    return _lines([row(item.model_dump(mode="json")) for item in items])


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _ndjson(items: Iterable[CustomerBody]) -> bytes:
    return b"".join(item.model_dump_json().encode() + b"\n" for item in items)
