"""Users, sessions, keys and sign-ins as they are shown."""

from datetime import datetime

from chassis.mongo import Database
from services.console import store
from services.console.domain.user import User
from services.console.schemas.keys import CspReport, CspReports, KeyBody, KeyList
from services.console.schemas.users import (
    LinkBody,
    OpenSession,
    OpenSessions,
    OwnBody,
    SessionBody,
    SignInBody,
    SignInPage,
    UserBody,
    UserList,
    Ways,
)
from services.console.store.sessions import Session


async def session(database: Database, ways: Ways, user: User | None, found: Session | None) -> SessionBody:
    """Whether somebody is signed in."""
    return SessionBody(
        signed_in=user is not None,
        first_run=user is None and await store.users.none_yet(database),
        user=OwnBody.of(user) if user else None,
        csrf_token=found.csrf_token if found else None,
        sign_in=ways,
    )


async def link(database: Database, token: str, now: datetime) -> LinkBody:
    """What a link is for. Raises `NotFound`."""
    row = await store.links.look(database, token, now)
    user = await store.users.find(database, {"_id": row["user_id"]})
    assert user is not None  # noqa: S101 - links go with their user
    return LinkBody(
        kind=row["kind"],
        email=user.email,
        name=user.name,
        role=user.role,
        password_needed=row["kind"] == "invitation",
        expires_at=row["expires_at"],
    )


async def sessions(database: Database, current: Session, now: datetime) -> OpenSessions:
    """All sessions of one user."""
    found = await store.sessions.of_user(database, current.user_id, now)
    shown = OpenSession.model_fields.keys() - {"current"}
    items = [OpenSession(current=one.id == current.id, **{name: getattr(one, name) for name in shown}) for one in found]
    return OpenSessions(items=items)


async def users(database: Database) -> UserList:
    """Everybody."""
    return UserList(items=[UserBody.of(one) for one in await store.users.all_users(database)])


async def keys(database: Database) -> KeyList:
    """All API keys."""
    return KeyList(items=[KeyBody.of(row) for row in await store.keys.all_keys(database)])


async def sign_ins(database: Database, user_id: str | None, after: str | None, limit: int) -> SignInPage:
    """Who signed in and who tried."""
    rows = await store.sign_ins.page(database, user_id, after, limit)
    items = [SignInBody(id=row["_id"], **{name: row[name] for name in row if name != "_id"}) for row in rows]
    return SignInPage(items=items, next=items[-1].id if len(items) == limit else None)


async def csp_reports(database: Database) -> CspReports:
    """What browsers blocked."""
    rows = await store.sign_ins.reports(database)
    return CspReports(items=[CspReport(id=row["_id"], at=row["at"], report=row["report"]) for row in rows])
