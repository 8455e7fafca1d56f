"""The pixel and the links of mails: they answer whoever asks, and keep who it was. Nothing is voted or refused here."""

from base64 import b64decode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from chassis import clock
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database, is_passing
from chassis.tokens import Links
from services.outbox import commands, views
from services.outbox.adapters import pages
from services.outbox.domain.opens import MAX_AGENT, Kind, Touch, network_of

log = get_logger(__name__)

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
METHODS = ["GET", "HEAD"]
_FETCHED_AHEAD = ("purpose", "x-purpose", "sec-purpose", "x-moz")


def add(router: APIRouter, links: Links) -> None:
    """Where pixels and links lead."""

    @router.api_route("/o/{token}.gif", methods=METHODS, include_in_schema=False)
    async def open_(token: str, request: Request) -> Response:
        """A picture of one dot, whoever asks."""
        await _keep(request, links.read("open", token), Kind.OPEN)
        return Response(PIXEL, media_type="image/gif", headers=HEADERS)

    @router.api_route("/c/{token}/{link}", methods=METHODS, include_in_schema=False)
    async def click(token: str, link: str, request: Request) -> Response:
        """To where the template's link leads, and nowhere else."""
        dispatch_id = links.read("click", token)
        target = await views.target_of(request.app.state.database, link) if dispatch_id else None
        if target is None:
            return pages.not_known(request.headers.get("accept-language", "")[:200].split(","))
        await _keep(request, dispatch_id, Kind.CLICK, link)
        return RedirectResponse(target, 302, HEADERS)


async def _keep(request: Request, dispatch_id: str | None, kind: Kind, link: str | None = None) -> None:
    """Keep the fetch; a hint that cannot be stored is let go, and whoever asked is answered."""
    database: Database = request.app.state.database
    if dispatch_id is None:
        return
    seen = _touch(request, dispatch_id, kind, link)
    try:
        await database.transact(lambda tx: commands.touch(tx, seen, seen.at))
    except Exception as error:
        if not is_passing(error):
            raise
        log.warning("touch.not_kept", dispatch=dispatch_id, error=type(error).__name__)


def _touch(request: Request, dispatch_id: str, kind: Kind, link: str | None) -> Touch:
    forwarded = request.headers.get("x-forwarded-for", "").split(",")[0].strip()
    ahead = " ".join(request.headers.get(name, "") for name in _FETCHED_AHEAD).lower()
    return Touch(
        id=new_id(),
        dispatch_id=dispatch_id,
        kind=kind,
        at=clock.now(),
        method=request.method,
        agent=request.headers.get("user-agent", "")[:MAX_AGENT],
        network=network_of(forwarded or (request.client.host if request.client else None)),
        prefetch="prefetch" in ahead or "preview" in ahead,
        link=link,
    )
