"""RFC 9457: every refusal over HTTP is a problem document that names field and reason."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chassis.errors import Refusal, Unavailable
from chassis.logs import get_logger
from chassis.mongo import is_passing, unstorable

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these refusals."""
    return {
        status: {"description": _title(status), "content": {MEDIA_TYPE: {"schema": _SCHEMA}}} for status in statuses
    }


def problem(request: Request | None, status: int, code: str, detail: str | None = None, **more: object) -> JSONResponse:
    """A problem document as the answer."""
    body: dict[str, object] = {
        "type": f"urn:sounding:problem:{code}",
        "title": _title(status),
        "status": status,
        "code": code,
    }
    if detail:
        body["detail"] = detail
    if request is not None:
        body["request_id"] = getattr(request.state, "request_id", None)
    headers = {"Retry-After": "2"} if status == 503 else {}  # noqa: PLR2004
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({**body, **more}, status, headers, MEDIA_TYPE)


_UNREADABLE = {"field": "body", "reason": "cannot be read: send JSON in UTF-8, or what the operation takes"}


def install(app: FastAPI) -> None:
    """Let an app answer every refusal so; what nobody foresaw is for `failed`."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this class only
    more: dict[str, object] = dict(error.facts)
    if error.field:
        more["errors"] = [{"field": error.field, "reason": error.reason}]
    return problem(request, error.status, error.code, error.reason, **more)


async def _not_valid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    errors = [{"field": _field(fault), "reason": fault["msg"]} for fault in error.errors()]
    detail = "; ".join(f"{fault['field']}: {fault['reason']}" for fault in errors[:5])
    return problem(request, 422, "not-valid", detail, errors=errors)


def _field(fault: Mapping[str, Any]) -> str:
    """The dotted path of the field at fault; "body" where the body as a whole is."""
    if fault["type"] == "json_invalid":
        return "body"
    return ".".join(str(part) for part in fault["loc"] if part != "body") or "body"


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if error.status_code == 400:  # noqa: PLR2004 - FastAPI's answer to a body in no encoding of JSON
        return problem(request, 422, "not-valid", "body: cannot be read", errors=[_UNREADABLE])
    codes = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
    code = codes.get(error.status_code, f"http-{error.status_code}")
    return problem(request, error.status_code, code, str(error.detail))


async def failed(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error that no handler knows."""
    if unstorable(error):
        return problem(request, 422, "not-storable", "A value cannot be stored.")
    if is_passing(error):
        log.warning("request.unavailable", error=type(error).__name__)
        return await _refused(request, Unavailable("unavailable", "Something that is needed is away. Try again soon."))
    log.error("request.failed", exc_info=error)
    return problem(request, 500, "internal-error", "This is our fault; the request id finds it in our logs.")


def _title(status: int) -> str:
    titles = {
        400: "Bad request",
        401: "Who are you?",
        403: "Not allowed",
        404: "Not found",
        409: "Conflict",
        410: "Gone",
        412: "Changed in the meantime",
        413: "Too large",
        422: "Not valid",
        428: "If-Match is needed",
        500: "Something broke",
        503: "Not available right now",
    }
    return titles.get(status, "Refused")
