"""Suppressed mailboxes, in and out, over HTTP."""

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from chassis.auth import requires
from chassis.errors import Invalid
from chassis.http import DatabaseDep, Now, problems
from chassis.mongo import Database
from services.outbox import commands, views
from services.outbox.domain.suppression_list import Entry, read_csv, read_ndjson
from services.outbox.schemas import SuppressionReport

READERS = {"text/csv": read_csv, "text/plain": read_csv, "application/x-ndjson": read_ndjson}


def add(router: APIRouter, secret: str) -> None:
    """Lists of mailboxes that are never to be mailed."""
    path, refusals = "/v1/suppressions", problems(401, 403, 413, 422)

    @router.post(
        f"{path}/import", tags=["suppressions"], dependencies=[requires("deliverability:write")], responses=refusals
    )
    async def import_suppressions(request: Request, db: DatabaseDep, now: Now) -> SuppressionReport:
        """Suppress the addresses of a list from another tool: CSV or NDJSON, in pieces of up to 1 MB; never the reverse.

        The same piece again changes nothing.
        """
        report = await commands.import_suppressions(db, await _entries(request), secret, now)
        return SuppressionReport.of(report.read, report.added, report.known, report.refused, report.faults)

    @router.get(
        f"{path}/export",
        tags=["suppressions"],
        dependencies=[requires("deliverability:read")],
        response_class=StreamingResponse,
        responses=refusals,
    )
    async def export_suppressions(db: DatabaseDep) -> StreamingResponse:
        """Every suppressed mailbox as NDJSON: its hash, since when and why. No address is in it, nor can one be read from it."""
        name = {"Content-Disposition": 'attachment; filename="suppressions.ndjson"'}
        return StreamingResponse(_lines(db), media_type="application/x-ndjson", headers=name)


async def _entries(request: Request) -> list[Entry]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in READERS:
        code, reason = "list-not-valid", f"It must be one of {', '.join(READERS)}."
        raise Invalid(code, reason, field="Content-Type")
    try:
        text = (await request.body()).decode("utf-8")
    except UnicodeDecodeError:
        code, reason = "list-not-valid", "It must be UTF-8."
        raise Invalid(code, reason, field="body") from None
    return list(READERS[kind](text))


async def _lines(database: Database) -> AsyncIterator[str]:
    async for row in views.suppressed(database):
        yield json.dumps(row) + "\n"
