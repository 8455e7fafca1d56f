"""One origin in front of the services: who asks is recognised here, and believed there."""

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from chassis.auth import Principal
from chassis.errors import NotFound
from chassis.http import DatabaseDep, Now, RequestId
from chassis.telemetry import traceparent
from services.console.adapters.upstreams import GIVEN_BACK, SENT_ON, Asked, Upstreams, body_of
from services.console.routes.visitor import Door

OWN = "console"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def make_router(door: Door, upstreams: Upstreams) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", include_in_schema=False)

    @router.api_route("/{service}/{path:path}", methods=METHODS)
    async def pass_on(
        service: str, path: str, request: Request, db: DatabaseDep, request_id: RequestId, now: Now
    ) -> StreamingResponse:
        """The service's answer, as it comes."""
        _check(service, path, upstreams)
        principal = await door.principal(service, path, request, db, now)
        asked = Asked(
            request.method,
            path,
            request.url.query,
            _headers(request, door, principal, request_id),
            await request.body(),
        )
        answer = await upstreams.ask(service, asked, request.app if service == OWN else None)
        headers = {name: value for name, value in answer.headers.items() if name in GIVEN_BACK}
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", **headers}
        return StreamingResponse(body_of(answer), answer.status_code, headers)

    return router


def _check(service: str, path: str, upstreams: Upstreams) -> None:
    """Only what is meant for people and programs: no health, no metrics. Raises `NotFound`."""
    known = service == OWN or service in upstreams.urls
    if not known or not (path.startswith("v1/") or path == "openapi.json") or ".." in path.split("/"):
        code, reason = "not-found", "There is nothing at this address."
        raise NotFound(code, reason)


def _headers(request: Request, door: Door, principal: Principal, request_id: str) -> dict[str, str]:
    sent = {name: value for name, value in request.headers.items() if name in SENT_ON}
    own = {"authorization": f"Bearer {door.pass_for(principal)}", "x-request-id": request_id}
    trace = traceparent()
    return {**sent, **own, **({"traceparent": trace} if trace else {})}
