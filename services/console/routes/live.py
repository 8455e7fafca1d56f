"""What changed, to pages that are open, and what their browsers blocked."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from chassis.errors import Invalid
from chassis.http import DatabaseDep, Now
from services.console import store
from services.console.commands.sessions import TooManyError
from services.console.domain.news import Wanted
from services.console.routes.visitor import Door, Visitor
from services.console.views.live import Hub

Names = Annotated[list[str], Query(max_length=50)]
Last = Annotated[str, Header(alias="Last-Event-ID", max_length=20)]
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
LARGEST_REPORT = 10_000


def make_router(door: Door, hub: Hub) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", include_in_schema=False)

    @router.get("/live")
    async def live(
        who: Annotated[Visitor, Depends(door.visitor)],
        request: Request,
        customer: Names = [],  # noqa: B006 - FastAPI copies it
        stream: Names = [],  # noqa: B006
        last: Last = "",
    ) -> StreamingResponse:
        """Server-sent events: what changed from now on, or since what the browser saw last."""
        _check(hub, who.session.id)
        wanted = Wanted(frozenset(customer), frozenset(stream))
        seen = int(last) if last.isdigit() else None
        events = hub.stream(who.session.id, wanted, seen, request.app.state.stopping)
        return StreamingResponse(events, headers=HEADERS, media_type="text/event-stream")

    @router.post("/csp-reports", status_code=204)
    async def take_csp_report(request: Request, db: DatabaseDep, now: Now) -> Response:
        """What a browser blocked, as it says itself: nobody is signed in here."""
        await store.sign_ins.report(db, {"at": now, "report": _report(await request.body())})
        return Response(status_code=204)

    return router


def _check(hub: Hub, session_id: str) -> None:
    if hub.is_full(session_id):
        code, reason = "too-many-streams", "This session has too many pages open. Close some."
        raise TooManyError(code, reason)


def _report(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body) if len(body) <= LARGEST_REPORT else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        code, reason = "report-not-valid", "It must be a report as browsers send it."
        raise Invalid(code, reason, field="body")
    inner = found.get("csp-report", found)
    return {str(name)[:60].replace(".", "_").replace("$", "_"): str(value)[:500] for name, value in inner.items()}
