"""Answers as a file over HTTP."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from services.feedback.schemas.finding import ResponseExport
from services.feedback.views import exports as views

router = APIRouter(prefix="/v1/responses", tags=["responses"])

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


@router.post(
    "/export",
    dependencies=[requires("responses:read")],
    response_class=StreamingResponse,
    responses=problems(401, 403, 422),
)
async def export_responses(body: ResponseExport, db: DatabaseDep) -> StreamingResponse:
    """All answers that a search would find, as a file, the oldest first."""
    name = {"Content-Disposition": f'attachment; filename="responses.{body.format}"'}
    return StreamingResponse(await views.export(db, body), media_type=KINDS[body.format], headers=name)
