"""Signing in by a provider: there and back again."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from chassis.errors import NotFound, Refusal, Unauthorized
from chassis.http import DatabaseDep, Now
from chassis.mongo import Database, Document
from services.console import store
from services.console.adapters.oidc import Oidc
from services.console.adapters.passwords import Passwords
from services.console.commands.provided import recognise
from services.console.commands.sessions import Doorman
from services.console.domain.policy import is_local
from services.console.routes.session import set_cookie
from services.console.routes.visitor import Door

AWAY = timedelta(minutes=10)
COOKIE = "sounding_login"
Text = Annotated[str, Query(max_length=4000)]


def make_router(door: Door, passwords: Passwords) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/auth/oidc", include_in_schema=False)
    providers = {
        id_: Oidc(one, f"{door.settings.public_url.rstrip('/')}/auth/oidc/{id_}/callback")
        for id_, one in door.settings.oidc.items()
    }

    @router.get("/{id}")
    async def leave(id: str, db: DatabaseDep, now: Now, next: Text = "/") -> RedirectResponse:
        """Send somebody to the provider."""
        try:
            return await _sent_off(door, _known(providers, id), id, db, next, now)
        except Refusal as refusal:
            return _back(refusal)

    @router.get("/{id}/callback")
    async def come_back(
        id: str, request: Request, db: DatabaseDep, now: Now, state: Text = "", code: Text = ""
    ) -> RedirectResponse:
        """Somebody comes back from the provider."""
        doorman = Doorman(db, passwords, door.lasting)
        try:
            return await _let_in(door, doorman, _known(providers, id), id, request, (state, code), now)
        except Refusal as refusal:
            return _back(refusal)

    return router


def _known(providers: dict[str, Oidc], id_: str) -> Oidc:
    if id_ not in providers:
        raise NotFound("provider-not-known", "There is no such provider.")
    return providers[id_]


def _back(refusal: Refusal) -> RedirectResponse:
    return RedirectResponse(f"/sign-in#error={refusal.code}", 303)


async def _sent_off(door: Door, oidc: Oidc, id_: str, db: Database, next_: str, now: datetime) -> RedirectResponse:
    leaving = await oidc.leave(now)
    row: Document = {"provider": id_, "nonce": leaving.nonce, "verifier": leaving.verifier}
    row |= {"next": next_ if is_local(next_) else "/", "expires_at": now + AWAY}
    await store.links.remember_login(db, leaving.state, row)
    answer = RedirectResponse(leaving.url, 303)
    # Whoever comes back must be the browser that left: nobody can be signed in as somebody else unawares.
    answer.set_cookie(
        COOKIE,
        leaving.state,
        max_age=int(AWAY.total_seconds()),
        path="/auth",
        secure=door.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _let_in(
    door: Door, doorman: Doorman, oidc: Oidc, id_: str, request: Request, came: tuple[str, str], now: datetime
) -> RedirectResponse:
    (state, code), place, db = came, door.place(request), doorman.database
    left = await store.links.recall_login(db, state, now) if state == request.cookies.get(COOKIE) else None
    if left is None or left["provider"] != id_ or not code:
        raise Unauthorized("sign-in-stale", "This took too long, or began elsewhere. Try once more.")
    claims = await oidc.claims(code, left["verifier"], left["nonce"], now)
    try:
        user = await db.transact(lambda tx: recognise(tx, id_, oidc.provider, claims, now))
    except Refusal:
        await doorman.note(str(claims.get("email", ""))[:320], None, "not_allowed", f"oidc:{id_}", place, now)
        raise
    token, _ = await doorman.let_in(user, f"oidc:{id_}", place, now)
    answer = RedirectResponse(left["next"], 303)
    set_cookie(answer, door.settings, token)
    answer.delete_cookie(COOKIE, path="/auth")
    return answer
