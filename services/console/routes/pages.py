"""The web app's files; without them, how to make them."""

import secrets

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException

from services.console.adapters.files import File, Files
from services.console.domain.policy import PLACEHOLDER, content_policy, frame_policy, headers
from services.console.routes.visitor import Door

FOR_OTHERS = frozenset({"snippet.js"})
"""What pages of other sites may load."""
FOR_EVER = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sounding: the web app is not built yet</title>
<main>
<h1>The web app is not built yet</h1>
<p>This console runs, and its API works; the pages to look at are missing. Make them, in the folder of Sounding:</p>
<pre>make console</pre>
<p>Then reload this page. <code>make up</code> does it by itself.</p>
</main></html>
"""


FRAME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Preview</title>
<script nonce="__CSP_NONCE__">
addEventListener("message", (event) => {
  if (event.source !== parent || typeof event.data?.html !== "string") return;
  document.documentElement.innerHTML = event.data.html;
  const base = document.createElement("base");
  base.target = "_blank";
  document.head.prepend(base);
  const tell = () => parent.postMessage({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) }, "*");
  new ResizeObserver(tell).observe(document.documentElement);
  tell();
});
parent.postMessage({ ready: true }, "*");
</script></html>
"""
"""Shows the HTML of a mail that it is sent. As `srcdoc` a mail would be under the app's policy, which knows no inline style."""


class _Page(Convertor[str]):
    """Any path that is not one of the API's or of those who watch the process."""

    regex = r"(?!(?:api|auth|v1|health|metrics|docs|redoc|openapi\.json)(?:/|$)).*"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("page", _Page())


def make_router(door: Door, files: Files) -> APIRouter:
    """The routes."""
    router = APIRouter(include_in_schema=False)
    shared = headers(secure=door.settings.secure)

    @router.get("/frame")
    async def frame() -> Response:
        """Where mails are looked at: they may look as they like, and do nothing."""
        nonce = secrets.token_urlsafe(16)
        own = {**shared, "X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": frame_policy(nonce)}
        return HTMLResponse(FRAME.replace(PLACEHOLDER, nonce), headers={**own, "Cache-Control": "no-store"})

    @router.api_route("/{path:page}", methods=["GET", "HEAD"])
    async def page(path: str, request: Request) -> Response:
        """A file, or the app where a browser goes to an address of it."""
        found = files.find(path) or files.find(f"{path.rstrip('/')}/index.html") if path else None
        if found and not found.kind.startswith("text/html"):
            return _sent(found, request, shared)
        if found:
            return _page(found.plain.decode(), shared)
        # Such paths name files: a page instead of a missing script would only be harder to understand.
        if path.startswith("assets/") or "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404, "There is nothing at this address.")
        return _index(files, shared)

    return router


def _index(files: Files, shared: dict[str, str]) -> Response:
    return _page(files.index or NOT_BUILT, shared, 200 if files.index else 503)


def _page(text: str, shared: dict[str, str], status: int = 200) -> Response:
    nonce = secrets.token_urlsafe(16)
    # Never kept: a nonce is good for one answer.
    own = {**shared, "Content-Security-Policy": content_policy(nonce), "Cache-Control": "no-cache, no-store"}
    return HTMLResponse(text.replace(PLACEHOLDER, nonce), status, own)


def _sent(found: File, request: Request, shared: dict[str, str]) -> Response:
    squeezed = found.squeezed if "gzip" in request.headers.get("accept-encoding", "") else None
    own = {**shared, "Content-Type": found.kind, "Cache-Control": FOR_EVER if found.lasting else "no-cache"}
    if found.name in FOR_OTHERS:
        own["Cross-Origin-Resource-Policy"] = "cross-origin"
    if found.squeezed:
        own["Vary"] = "Accept-Encoding"
    if squeezed:
        own["Content-Encoding"] = "gzip"
    return Response(squeezed or found.plain, headers=own)
