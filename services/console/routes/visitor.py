"""Who is at the door: by cookie or by key."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from chassis import auth
from chassis.auth import Principal
from chassis.errors import Forbidden, Unauthorized
from chassis.http import DatabaseDep, Now
from services.console import store
from services.console.commands import sessions
from services.console.commands.sessions import Lasting, Place
from services.console.domain.roles import lowest, may, needed, scopes_of
from services.console.domain.user import User
from services.console.settings import Settings
from services.console.store.sessions import Session

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PASS_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    user: User
    session: Session


@dataclass(frozen=True, slots=True)
class Door:
    """How the console recognises people."""

    settings: Settings

    @property
    def lasting(self) -> Lasting:
        """How long sessions last."""
        return Lasting(self.settings.session_idle, self.settings.session_most)

    def place(self, request: Request) -> Place:
        """Where somebody sits."""
        named = request.headers.get(self.settings.address_header) if self.settings.address_header else None
        address = named or (request.client.host if request.client else "")
        return Place(address[:60], request.headers.get("user-agent", "")[:300])

    async def look(self, request: Request, db: DatabaseDep, now: Now) -> Visitor | None:
        """Who is signed in; None: nobody."""
        token = request.cookies.get(self.settings.cookie)
        session = await store.sessions.find(db, token, now) if token else None
        user = await store.users.find(db, {"_id": session.user_id}) if session else None
        if session is None or user is None or user.disabled_at:
            return None
        await sessions.extend(db, session, self.lasting, now)
        return Visitor(user, session)

    async def visitor(self, request: Request, db: DatabaseDep, now: Now) -> Visitor:
        """Who is signed in, and meant this request. Raises `Unauthorized` and `Forbidden`."""
        found = await self.look(request, db, now)
        if found is None:
            raise Unauthorized("not-signed-in", "Sign in first; your session may have ended.")
        if request.method not in SAFE:
            self.check_origin(request)
            given = request.headers.get("x-csrf-token", "")
            if not hmac.compare_digest(given.encode(), found.session.csrf_token.encode()):
                raise Forbidden("csrf-token-wrong", "Send the session's csrf_token as X-CSRF-Token.")
        return found

    def check_origin(self, request: Request) -> None:
        """Refuse what a browser sends for another site. Raises `Forbidden`."""
        origin = request.headers.get("origin")
        public = urlsplit(self.settings.public_url)
        own = {f"{public.scheme}://{public.netloc}", f"{request.url.scheme}://{request.headers.get('host', '')}"}
        foreign = origin not in own if origin else request.headers.get("sec-fetch-site") == "cross-site"
        if foreign:
            raise Forbidden("origin-foreign", "This comes from another site.")

    def check_passwords(self) -> None:
        """Refuse passwords where only providers are asked. Raises `Forbidden`."""
        if not self.settings.passwords:
            raise Forbidden("passwords-off", "Sign in with your company's provider.")

    async def principal(self, service: str, path: str, request: Request, db: DatabaseDep, now: Now) -> Principal:
        """Who asks a service: a key by its scopes, a person by the role. Raises as `visitor` does."""
        if "authorization" in request.headers:
            return await self._holder(request, db, now)
        found = await self.visitor(request, db, now)
        needs = needed(service, request.method, path)
        if not may(found.user.role, needs):
            role = lowest(needs)
            raise Forbidden("role-too-low", f"This needs the role {role} or higher.", needs=role.value)
        return Principal(found.user.email, scopes_of(found.user.role))

    async def _holder(self, request: Request, db: DatabaseDep, now: Now) -> Principal:
        text = request.headers["authorization"].partition(" ")[2].strip()
        row = await store.keys.use(db, text, now)
        return Principal(row["_id"], frozenset(row["scopes"])) if row else auth.caller(request)

    def pass_for(self, principal: Principal) -> str:
        """What the services believe."""
        return auth.make_pass(principal, self.settings.chassis.signing_keys, seconds=PASS_SECONDS)
