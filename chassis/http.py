"""The HTTP app of a service: ids, limits, problems, keys, health, metrics, dead letters."""

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from chassis import clock, telemetry
from chassis.auth import caller, requires
from chassis.dead_letters import DeadLetters, shown
from chassis.errors import Invalid, Unauthorized
from chassis.health import Health
from chassis.ids import new_id
from chassis.limits import Limits
from chassis.mongo import Database
from chassis.problems import failed, install, problem, problems
from chassis.settings import ChassisSettings


async def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


def _request_id(request: Request) -> str:
    found: str = request.state.request_id
    return found


def _seq(
    if_match: Annotated[str | None, Header(description='The version as GET gave it in ETag: `"7"`.')] = None,
) -> int | None:
    if if_match is None or if_match == "*":
        return None
    text = if_match.removeprefix("W/").strip('"')
    if not text.isdigit():
        code, reason = "if-match-not-valid", 'It must be the ETag of the last GET, such as "7".'
        raise Invalid(code, reason, field="If-Match")
    return int(text)


DatabaseDep = Annotated[Database, Depends(_database)]
RequestId = Annotated[str, Depends(_request_id)]
IfMatch = Annotated[int | None, Depends(_seq)]
Now = Annotated[datetime, Depends(clock.now)]


def etag(response: Response, seq: int) -> None:
    """Tell the caller which version it got, for `If-Match`."""
    response.headers["ETag"] = f'"{seq}"'


def create_app(
    name: str,
    *,
    settings: ChassisSettings,
    database: Database,
    health: Health,
    dead_letters: DeadLetters,
    routers: Sequence[APIRouter],
) -> FastAPI:
    """The app of a service; its own routes come from `routers`."""
    app = FastAPI(
        title=f"Sounding {name}",
        version="1",
        generate_unique_id_function=lambda route: route.name,
        docs_url="/docs",
        openapi_url="/openapi.json",
        # Else FastAPI documents its own form of it, which nobody gets.
        responses=problems(422),
    )
    app.state.database, app.state.settings = database, settings
    app.state.health, app.state.dead_letters = health, dead_letters
    app.state.stopping = asyncio.Event()
    install(app)
    for router in (*routers, _operations, _dead_letters):
        app.include_router(router)
    app.add_middleware(Edge, settings=settings)
    return app


class Edge:
    """Around every request: an id, a span, a limit on the body, a duration by route."""

    def __init__(self, app: ASGIApp, settings: ChassisSettings) -> None:
        self._app, self._limit = app, settings.max_body_bytes
        self._limits = Limits(settings.public_rate, settings.address_header)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request_id = _clean(headers.get("x-request-id")) or new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        with bound_contextvars(request_id=request_id), _timed(scope, headers) as outcome:
            answer = _tagged(send, request_id, outcome)
            try:
                if wait := self._wait(scope, headers):
                    await _too_many(scope, wait)(scope, receive, answer)
                    return
                await self._app(scope, _limited(receive, self._limit, headers), answer)
            except Exception as error:
                if outcome.answered:
                    raise
                # Here and not in Starlette, which answers outside of this: without the id, and logs it once more.
                await (await failed(Request(scope), error))(scope, receive, answer)

    def _wait(self, scope: Scope, headers: dict[str, str]) -> float:
        if scope["path"].startswith(("/health/", "/metrics")):
            return 0.0
        with suppress(Unauthorized):
            caller(Request(scope))
            return 0.0
        return self._limits.wait(self._limits.address(headers, (scope.get("client") or ("",))[0]), time.monotonic())


def _too_many(scope: Scope, wait: float) -> Response:
    told = problem(Request(scope), 429, "too-many-requests", "Too many requests from your address; wait a moment.")
    told.headers["Retry-After"] = str(math.ceil(wait))
    return told


class _timed:  # noqa: N801 - used as a function
    def __init__(self, scope: Scope, headers: dict[str, str]) -> None:
        self._scope, self.status, self.answered = scope, 500, False
        self._span = telemetry.span(scope["method"], parent=headers.get("traceparent"), http_method=scope["method"])

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        route = getattr(self._scope.get("route"), "path", "unmatched")
        # By route: a path may hold a link's token.
        telemetry.name_span(f"{self._scope['method']} {route}")
        self._span.__exit__(kind, error, trace)
        telemetry.REQUEST_SECONDS.labels(self._scope["method"], route, self.status).observe(
            time.perf_counter() - self._began
        )


def _clean(request_id: str | None) -> str | None:
    if request_id and len(request_id) <= 64 and request_id.replace("-", "").isalnum():  # noqa: PLR2004
        return request_id
    return None


def _limited(receive: Receive, limit: int, headers: dict[str, str]) -> Receive:
    declared = headers.get("content-length", "0")
    read = int(declared) if declared.isdigit() and int(declared) > limit else 0

    async def receive_limited() -> Message:
        nonlocal read
        message = await receive() if read <= limit else {"type": "http.request", "body": b""}
        read += len(message.get("body", b""))
        if read > limit:
            # FastAPI makes a 400 of any other error that it meets while it reads the body.
            raise HTTPException(413, f"The body may have {limit:,} bytes.")
        return message

    return receive_limited


def _tagged(send: Send, request_id: str, outcome: _timed) -> Send:
    async def send_tagged(message: Message) -> None:
        if message["type"] == "http.response.start":
            outcome.status, outcome.answered = message["status"], True
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
        await send(message)

    return send_tagged


_operations = APIRouter(tags=["operations"], include_in_schema=False)


@_operations.get("/health/live")
async def live(request: Request) -> JSONResponse:
    """200 while a restart would mend nothing."""
    faults = await request.app.state.health.dead()
    return JSONResponse({"alive": not faults, "faults": faults}, 503 if faults else 200)


@_operations.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """200 while it can do its job."""
    faults = await request.app.state.health.unready()
    return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200)


@_operations.get("/metrics")
async def metrics() -> PlainTextResponse:
    """For Prometheus."""
    return PlainTextResponse(generate_latest(), media_type="text/plain; version=0.0.4")


_dead_letters = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])
_Id = Annotated[str, Query(description="As the list gave it.")]


def _letters(request: Request) -> DeadLetters:
    found: DeadLetters = request.app.state.dead_letters
    return found


Letters = Annotated[DeadLetters, Depends(_letters)]


@_dead_letters.get("", dependencies=[requires("operations:read")], responses=problems(401, 403))
async def list_dead_letters(
    letters: Letters,
    state: Annotated[str | None, Query(pattern="^(open|replayed|discarded|all)$")] = "open",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Records that could not be applied, by place, without their bytes."""
    found = await letters.find(state=None if state == "all" else state, after=after, limit=limit)
    return {"items": [shown(row) for row in found], "next": found[-1]["_id"] if len(found) == limit else None}


@_dead_letters.get("/{id:path}", dependencies=[requires("operations:read")], responses=problems(401, 403, 404))
async def show_dead_letter(id: str, letters: Letters) -> dict[str, Any]:
    """One record, with its bytes as text."""
    return shown(await letters.get(id))


@_dead_letters.post(
    "/{id:path}/replay", dependencies=[requires("operations:write")], responses=problems(401, 403, 404, 409, 422)
)
async def replay_dead_letter(id: str, letters: Letters) -> dict[str, Any]:
    """Apply the record now; refused with the reason that still stands in its way."""
    return shown(await letters.replay(id))


@_dead_letters.post(
    "/{id:path}/discard", dependencies=[requires("operations:write")], responses=problems(401, 403, 404, 409)
)
async def discard_dead_letter(id: str, letters: Letters) -> dict[str, Any]:
    """Close it for good."""
    return shown(await letters.discard(id))


__all__ = ["DatabaseDep", "IfMatch", "Now", "RequestId", "create_app", "etag", "problem", "problems"]
