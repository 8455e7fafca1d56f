"""Surveys in an app over HTTP: for browsers, with a signed identity instead of a key."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from chassis.http import DatabaseDep, Now, problems
from services.scheduler.commands import in_app as commands
from services.scheduler.domain.in_app import Shown
from services.scheduler.schemas.in_app import InAppAnswer, ShowBody, ShownBody, Visit
from services.scheduler.views.in_app import PURPOSE, Front

ALLOWED = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "600",
    "Vary": "Origin",
}


def make_router(front: Front) -> APIRouter:
    """The routes that apps call."""
    router = APIRouter(prefix="/in-app/v1", tags=["in-app"], route_class=_for(set(front.settings.in_app_origins)))
    _add(router, front)
    return router


def _for(origins: set[str]) -> type[APIRoute]:
    """Routes whose every answer, a refusal too, says that pages of these origins may read it."""

    class ForBrowsers(APIRoute):
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            origin = Headers(scope=scope).get("origin")

            async def allowed(message: Message) -> None:
                if origin and message["type"] == "http.response.start" and origins & {"*", origin}:
                    MutableHeaders(scope=message).update({"Access-Control-Allow-Origin": origin, **ALLOWED})
                await send(message)

            await super().handle(scope, receive, allowed)

    return ForBrowsers


def _add(router: APIRouter, front: Front) -> None:
    @router.options("/{rest}", include_in_schema=False, status_code=204)
    async def preflight(rest: str) -> None:
        """What a browser asks before it posts from another origin."""
        del rest

    @router.post("/survey", responses=problems(401, 422))
    async def find_survey(visit: Visit, db: DatabaseDep, now: Now) -> InAppAnswer:
        """Which survey, if any, to show this user now. To ask is not to show: say so when it is shown."""
        return await front.survey_for(db, visit, now)

    @router.post("/shown", responses=problems(404, 409, 422))
    async def record_shown(body: ShowBody, db: DatabaseDep, now: Now) -> ShownBody:
        """It was shown. The first time the round begins: its record is made, and its link takes answers."""
        show = commands.Show.of(front.links.read(PURPOSE, body.show))
        return _shown(await db.transact(lambda tx: commands.record_shown(tx, show, now)))

    @router.post("/dismissed", responses=problems(404, 409, 422))
    async def record_dismissed(body: ShowBody, db: DatabaseDep, now: Now) -> ShownBody:
        """It was closed without an answer."""
        show = commands.Show.of(front.links.read(PURPOSE, body.show))
        return _shown(await db.transact(lambda tx: commands.record_dismissed(tx, show, now)))


def _shown(shown: Annotated[Shown, "as stored"]) -> ShownBody:
    return ShownBody(
        campaign_id=shown.campaign_id,
        dispatch_id=shown.dispatch_id,
        shown=shown.shown,
        dismissed=shown.dismissed_at is not None,
    )
