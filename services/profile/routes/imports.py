"""CSV imports: a file in pieces, how it is to be read, and what became of its rows."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from chassis.auth import Principal, requires
from chassis.errors import TooLarge
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.profile.commands import imports as commands
from services.profile.commands.undoing import undo_import as undo_import_
from services.profile.domain.csv_columns import Plan
from services.profile.schemas.imports import ImportBody, ImportDraft, ImportPage, ImportStart
from services.profile.views import imports as views

router = APIRouter(prefix="/v1/imports", tags=["imports"])

MAX_PART = 256 * 1024
Reader = requires("customers:read")
Writer = Annotated[Principal, requires("imports:write")]
CHANGES = problems(401, 403, 404, 409, 413, 422)


@router.post("", status_code=201, responses=problems(401, 403, 422))
async def begin_import(draft: ImportDraft, once: OnceDep, who: Writer, now: Now) -> ImportBody:
    """Begin an import; then send the file."""

    async def command(tx: Transaction) -> ImportBody:
        return ImportBody.of(await commands.begin_import(tx, draft.file_name, who.id, now))

    return ImportBody.model_validate(await once.run(command))


@router.put("/{id}/parts/{number}", responses=CHANGES)
async def upload_part(
    id: str, number: Annotated[int, Path(ge=0)], request: Request, db: DatabaseDep, who: Writer, now: Now
) -> ImportBody:
    """Send a piece of the file, up to 256 KiB, as it is; pieces count from 0 and may be sent again."""
    del who
    content = await request.body()
    if not 0 < len(content) <= MAX_PART:
        code, reason = "part-size", f"A piece has 1 to {MAX_PART:,} bytes; this one has {len(content):,}."
        raise TooLarge(code, reason)
    return ImportBody.of(await db.transact(lambda tx: commands.upload_part(tx, id, number, content, now)))


@router.post("/{id}/start", status_code=202, responses=CHANGES)
async def start_import(id: str, body: ImportStart, once: OnceDep, who: Writer, now: Now) -> ImportBody:
    """Import the file, or (`dry_run`) say what would become of each row; a dry run may be followed by the real one."""
    del who
    plan = Plan(columns=tuple(body.columns), clear_empty=body.empty == "clear", add_tags=tuple(body.add_tags))

    async def command(tx: Transaction) -> ImportBody:
        started = await commands.start_import(tx, id, plan, source=body.source, dry_run=body.dry_run, now=now)
        return ImportBody.of(started)

    return ImportBody.model_validate(await once.run(command))


@router.post("/{id}/cancel", responses=CHANGES)
async def cancel_import(id: str, once: OnceDep, who: Writer, now: Now) -> ImportBody:
    """Import no row more; what was imported stays."""
    del who

    async def command(tx: Transaction) -> ImportBody:
        return ImportBody.of(await commands.cancel_import(tx, id, now))

    return ImportBody.model_validate(await once.run(command))


@router.post("/{id}/undo", status_code=202, responses=CHANGES)
async def undo_import(id: str, once: OnceDep, who: Writer, now: Now) -> ImportBody:
    """Take an import back, within thirty days: customers are as if it had never been.

    Whom it made is removed, or deleted where surveys went out since; what others said since stays.
    """
    del who

    async def command(tx: Transaction) -> ImportBody:
        return ImportBody.of(await undo_import_(tx, id, now))

    return ImportBody.model_validate(await once.run(command))


@router.get("", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_imports(
    db: DatabaseDep,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ImportPage:
    """Imports, newest first."""
    return await views.list_imports(db, after=after, limit=limit)


@router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_import(id: str, db: DatabaseDep) -> ImportBody:
    """How far an import is, and what became of its rows."""
    return await views.import_(db, id)


@router.get("/{id}/refused", dependencies=[Reader], response_class=StreamingResponse, responses=problems(401, 403, 404))
async def get_refused(id: str, db: DatabaseDep) -> StreamingResponse:
    """The rows that were refused, with row and reason in front, as CSV: to be put right and imported again."""
    return _csv("refused.csv", await views.noted(db, id, "refused"))


@router.get("/{id}/doubled", dependencies=[Reader], response_class=StreamingResponse, responses=problems(401, 403, 404))
async def get_doubled(id: str, db: DatabaseDep) -> StreamingResponse:
    """The rows that are about the customer of an earlier row of the same file, as CSV; they were imported too."""
    return _csv("doubled.csv", await views.noted(db, id, "doubled"))


def _csv(name: str, lines: AsyncIterator[bytes]) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
