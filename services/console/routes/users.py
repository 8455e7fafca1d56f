"""Users and their sign-ins, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, problems
from chassis.mongo import Transaction
from services.console import store
from services.console.commands import users as commands
from services.console.routes.visitor import Door
from services.console.schemas.users import (
    LinkDraft,
    LinkMade,
    SignInPage,
    UserBody,
    UserDraft,
    UserEdit,
    UserList,
)
from services.console.views import users as views

Reader, Writer = requires("users:read"), requires("users:write")
CHANGES = problems(401, 403, 404, 409, 412, 422)
Text = Annotated[str | None, Query(max_length=200)]


def make_router(door: Door) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["users"])
    _add_inviting(router, door)
    _add_changing(router)
    _add_reading(router)
    return router


def _made(door: Door, link: commands.Link) -> LinkMade:
    address = f"{door.settings.public_url.rstrip('/')}/sign-in#link={link.token}"
    return LinkMade(user=UserBody.of(link.user), link=address, link_expires_at=link.expires_at)


def _add_inviting(router: APIRouter, door: Door) -> None:
    @router.post("/users", status_code=201, dependencies=[Writer], responses=problems(401, 403, 409, 422))
    async def invite_user(draft: UserDraft, db: DatabaseDep, now: Now) -> LinkMade:
        """Let somebody in. Hand the link over: it is shown this once, and good for seven days."""
        return _made(door, await db.transact(lambda tx: commands.invite(tx, draft.email, draft.name, draft.role, now)))

    @router.post("/users/{id}/link", status_code=201, dependencies=[Writer], responses=CHANGES)
    async def make_user_link(id: str, db: DatabaseDep, now: Now) -> LinkMade:
        """A new link to choose a password, for whoever lost the first one or the password."""

        async def command(tx: Transaction) -> commands.Link:
            return await commands.make_link(tx, await store.users.get(tx, id), commands.INVITATION, now)

        return _made(door, await db.transact(command))

    @router.post("/sign-in-links", status_code=201, dependencies=[Writer], responses=problems(401, 403, 422))
    async def make_sign_in_link(draft: LinkDraft, db: DatabaseDep, now: Now) -> LinkMade:
        """A link that signs somebody in once, within the hour; the user is made where there is none: the first admin."""
        return _made(
            door, await db.transact(lambda tx: commands.sign_in_link(tx, draft.email, draft.name, draft.role, now))
        )


def _add_changing(router: APIRouter) -> None:
    @router.patch("/users/{id}", dependencies=[Writer], responses=CHANGES)
    async def edit_user(id: str, edit: UserEdit, db: DatabaseDep, seq: IfMatch, now: Now) -> UserBody:
        """Change name or role, or shut somebody out: all sessions end at once."""
        values = edit.model_dump(exclude_unset=True)
        return UserBody.of(await db.transact(lambda tx: commands.edit(tx, id, values, seq, now)))

    @router.delete("/users/{id}", status_code=204, dependencies=[Writer], responses=CHANGES)
    async def remove_user(id: str, db: DatabaseDep) -> None:
        """Forget a user. What was done stays written down."""
        await db.transact(lambda tx: commands.remove(tx, id))

    @router.post("/users/{id}/reset-totp", status_code=204, dependencies=[Writer], responses=CHANGES)
    async def reset_user_totp(id: str, db: DatabaseDep, now: Now) -> None:
        """Take a lost second factor away."""
        await db.transact(lambda tx: commands.reset_totp(tx, id, now))


def _add_reading(router: APIRouter) -> None:
    @router.get("/users", dependencies=[Reader], responses=problems(401, 403))
    async def list_users(db: DatabaseDep) -> UserList:
        """Everybody."""
        return await views.users(db)

    @router.get("/sign-ins", dependencies=[Reader], responses=problems(401, 403, 422))
    async def list_sign_ins(
        db: DatabaseDep, user_id: Text = None, after: Text = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> SignInPage:
        """Who signed in and who tried, the newest first, for a year."""
        return await views.sign_ins(db, user_id, after, limit)
