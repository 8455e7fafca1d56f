"""Imports of old answers: a file in pieces, how it is to be read, and what became of its rows."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from chassis.auth import Principal, requires
from chassis.errors import TooLarge
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback.commands import imports as commands
from services.feedback.schemas.imports import ImportBody, ImportDraft, ImportPage, ImportStart
from services.feedback.views import imports as views

router = APIRouter(prefix="/v1/imports", tags=["imports"])

MAX_PART = 256 * 1024
Reader = requires("responses:read")
Writer = Annotated[Principal, requires("responses:write")]
CHANGES = problems(401, 403, 404, 409, 413, 422)


@router.post("", status_code=201, responses=problems(401, 403, 422))
async def begin_import(draft: ImportDraft, once: OnceDep, who: Writer, now: Now) -> ImportBody:
    """Begin an import; then send the file."""

    async def command(tx: Transaction) -> ImportBody:
        return ImportBody.of(await commands.begin_import(tx, draft.file_name, who.id, now))

    return ImportBody.model_validate(await once.run(command))


@router.put("/{id}/parts/{number}", dependencies=[requires("responses:write")], responses=CHANGES)
async def upload_part(
    id: str, number: Annotated[int, Path(ge=0)], request: Request, db: DatabaseDep, now: Now
) -> ImportBody:
    """Send a piece of the file, up to 256 KiB, as it is; pieces count from 0 and may be sent again."""
    content = await request.body()
    if not 0 < len(content) <= MAX_PART:
        code, reason = "part-size", f"A piece has 1 to {MAX_PART:,} bytes; this one has {len(content):,}."
        raise TooLarge(code, reason)
    return ImportBody.of(await db.transact(lambda tx: commands.upload_part(tx, id, number, content, now)))


@router.post("/{id}/start", dependencies=[requires("responses:write")], status_code=202, responses=CHANGES)
async def start_import(id: str, body: ImportStart, once: OnceDep, now: Now) -> ImportBody:
    """Import the file, or (`dry_run`) say what would become of each row; a dry run may be followed by the real one."""

    async def command(tx: Transaction) -> ImportBody:
        return ImportBody.of(await commands.start_import(tx, id, body.plan, dry_run=body.dry_run, now=now))

    return ImportBody.model_validate(await once.run(command))


@router.post("/{id}/cancel", dependencies=[requires("responses:write")], responses=CHANGES)
async def cancel_import(id: str, once: OnceDep, now: Now) -> ImportBody:
    """Import no row more; what was imported stays."""

    async def command(tx: Transaction) -> ImportBody:
        return ImportBody.of(await commands.cancel_import(tx, id, now))

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
    name = {"Content-Disposition": 'attachment; filename="refused.csv"'}
    return StreamingResponse(await views.refused(db, id), media_type="text/csv; charset=utf-8", headers=name)
