"""Signing in and out, and what people see to of themselves. For browsers: by cookie."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.http import DatabaseDep, Now, problems
from chassis.mongo import Database
from services.console import store
from services.console.adapters import codes
from services.console.adapters.passwords import Passwords
from services.console.commands import users as commands
from services.console.commands.sessions import Doorman, Offered, follow_link
from services.console.routes.visitor import Door, Visitor
from services.console.schemas.users import (
    CodeBody,
    LinkBody,
    LinkToken,
    LinkUse,
    OpenSessions,
    OwnBody,
    OwnEdit,
    PasswordChange,
    ProviderBody,
    RecoveryCodes,
    SessionBody,
    SignIn,
    TotpBegun,
    Ways,
)
from services.console.settings import Settings
from services.console.store.sessions import Session
from services.console.views import users as views

ENTRY, OWN = problems(401, 403, 404, 422, 429), problems(401, 403, 404, 422)
NO_STORE = {"Cache-Control": "no-store"}


def make_router(door: Door, passwords: Passwords) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api/session", tags=["session"])
    _add_entry(router, door, passwords)
    _add_links(router, door, passwords)
    _add_leaving(router, door)
    _add_own(router, door, passwords)
    _add_totp(router, door)
    return router


def ways_of(settings: Settings) -> Ways:
    """How one can sign in."""
    oidc = [ProviderBody(id=id_, name=one.name, url=f"/auth/oidc/{id_}") for id_, one in settings.oidc.items()]
    return Ways(password=settings.passwords, oidc=oidc)


def set_cookie(response: Response, settings: Settings, token: str) -> None:
    """Let the browser keep the session."""
    seconds = int(settings.session_most.total_seconds())
    response.set_cookie(
        settings.cookie, token, max_age=seconds, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )


async def _begun(door: Door, db: Database, response: Response, opened: tuple[str, Session]) -> SessionBody:
    token, session = opened
    set_cookie(response, door.settings, token)
    response.headers.update(NO_STORE)
    user = await store.users.find(db, {"_id": session.user_id})
    return await views.session(db, ways_of(door.settings), user, session)


def _add_entry(router: APIRouter, door: Door, passwords: Passwords) -> None:
    ways = ways_of(door.settings)

    @router.get("")
    async def get_session(
        found: Annotated[Visitor | None, Depends(door.look)], db: DatabaseDep, response: Response
    ) -> SessionBody:
        """Whether somebody is signed in, and how one can be."""
        response.headers.update(NO_STORE)
        return await views.session(db, ways, found.user if found else None, found.session if found else None)

    @router.post("", dependencies=[Depends(door.check_origin)], responses=ENTRY)
    async def sign_in(body: SignIn, request: Request, response: Response, db: DatabaseDep, now: Now) -> SessionBody:
        """Sign in by password, and code where one is set up."""
        doorman = Doorman(db, passwords, door.lasting)
        offered = Offered(body.email, body.password, body.code)
        door.check_passwords()
        return await _begun(door, db, response, await doorman.sign_in(offered, door.place(request), now))


def _add_links(router: APIRouter, door: Door, passwords: Passwords) -> None:
    @router.post("/link/look", dependencies=[Depends(door.check_origin)], responses=ENTRY)
    async def look_at_link(body: LinkToken, db: DatabaseDep, now: Now) -> LinkBody:
        """What a one-time link is for; it stays good."""
        return await views.link(db, body.token, now)

    @router.post("/link", dependencies=[Depends(door.check_origin)], responses=ENTRY)
    async def use_link(body: LinkUse, request: Request, response: Response, db: DatabaseDep, now: Now) -> SessionBody:
        """Sign in by a one-time link; it is used up."""
        doorman, place = Doorman(db, passwords, door.lasting), door.place(request)
        return await _begun(
            door, db, response, await follow_link(doorman, body.token, body.name, body.password, place, now)
        )


def _add_leaving(router: APIRouter, door: Door) -> None:
    @router.delete("", status_code=204, responses=OWN)
    async def sign_out(who: Annotated[Visitor, Depends(door.visitor)], response: Response, db: DatabaseDep) -> None:
        """End this session."""
        await store.sessions.end(db, who.user.id, who.session.id)
        response.delete_cookie(door.settings.cookie, path="/", secure=door.settings.secure, httponly=True)

    @router.get("/sessions", responses=OWN)
    async def list_sessions(who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep, now: Now) -> OpenSessions:
        """Where one is signed in."""
        return await views.sessions(db, who.session, now)

    @router.delete("/sessions/{id}", status_code=204, responses=OWN)
    async def end_session(id: str, who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep) -> None:
        """Sign out somewhere else."""
        await store.sessions.end(db, who.user.id, id)


def _add_own(router: APIRouter, door: Door, passwords: Passwords) -> None:
    @router.patch("/user", responses=OWN)
    async def edit_own(body: OwnEdit, who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep) -> OwnBody:
        """Change one's name or settings."""
        return OwnBody.of(await db.transact(lambda tx: commands.edit_own(tx, who.user.id, body.name, body.settings)))

    @router.put("/password", status_code=204, responses=OWN)
    async def change_password(
        body: PasswordChange, who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep
    ) -> None:
        """Choose another password; all other sessions end."""
        old, new = body.old_password, body.new_password
        await commands.change_password(db, passwords, who.user, old, new, who.session.id)


def _add_totp(router: APIRouter, door: Door) -> None:
    @router.post("/totp", responses=OWN)
    async def begin_totp(
        who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep, response: Response
    ) -> TotpBegun:
        """Set a second factor up: what the app needs. It counts once confirmed."""
        response.headers.update(NO_STORE)
        secret, user = await db.transact(lambda tx: commands.begin_totp(tx, who.user.id))
        uri = codes.address(secret, user.email)
        return TotpBegun(secret=secret, uri=uri, qr_svg=codes.picture(uri))

    @router.post("/totp/confirm", responses=OWN)
    async def confirm_totp(
        body: CodeBody, who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep, now: Now
    ) -> RecoveryCodes:
        """From now on a code is needed to sign in."""
        fresh = await db.transact(lambda tx: commands.confirm_totp(tx, who.user.id, body.code, now))
        return RecoveryCodes(recovery_codes=fresh)

    @router.post("/totp/remove", status_code=204, responses=OWN)
    async def remove_totp(
        body: CodeBody, who: Annotated[Visitor, Depends(door.visitor)], db: DatabaseDep, now: Now
    ) -> None:
        """Do without it from now on."""
        await db.transact(lambda tx: commands.remove_totp(tx, who.user.id, body.code, now))
