"""API keys, and how the services are."""

from typing import Annotated

from fastapi import APIRouter

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, Now, problems
from services.console import store
from services.console.adapters.upstreams import Upstreams
from services.console.commands import keys as commands
from services.console.domain.scopes import SCOPES
from services.console.schemas.keys import (
    CspReports,
    KeyBody,
    KeyDraft,
    KeyList,
    KeyMade,
    ScopeBody,
    ScopeList,
    ServiceState,
    SystemBody,
)
from services.console.views import users as views

Writing = Annotated[Principal, requires("keys:write")]
READER = [requires("keys:read")]
OPERATOR = [requires("operations:read")]


def make_router(upstreams: Upstreams) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1")
    _add_keys(router)
    _add_system(router, upstreams)
    return router


def _add_keys(router: APIRouter) -> None:
    @router.get("/keys", tags=["keys"], dependencies=READER, responses=problems(401, 403))
    async def list_keys(db: DatabaseDep) -> KeyList:
        """All API keys, the newest first, the revoked too."""
        return await views.keys(db)

    @router.post("/keys", status_code=201, tags=["keys"], responses=problems(401, 403, 422))
    async def create_key(draft: KeyDraft, who: Writing, db: DatabaseDep, now: Now) -> KeyMade:
        """Make a key. What its holder sends is in this answer only."""
        text, row = await db.transact(lambda tx: commands.create_key(tx, draft.name, draft.scopes, who.id, now))
        return KeyMade(key=text, **KeyBody.of(row).model_dump())

    @router.post("/keys/{id}/revoke", tags=["keys"], responses=problems(401, 403, 404, 422))
    async def revoke_key(id: str, who: Writing, db: DatabaseDep, now: Now) -> KeyBody:
        """End a key for good, from the next request on."""
        return KeyBody.of(await store.keys.revoke(db, id, who.id, now))

    @router.get("/scopes", tags=["keys"], dependencies=READER, responses=problems(401, 403))
    async def list_scopes() -> ScopeList:
        """What a key may be allowed."""
        return ScopeList(items=[ScopeBody(scope=scope, description=words) for scope, words in SCOPES.items()])


def _add_system(router: APIRouter, upstreams: Upstreams) -> None:
    @router.get("/system", tags=["system"], dependencies=OPERATOR, responses=problems(401, 403))
    async def get_system() -> SystemBody:
        """How every service is, asked now."""
        found = await upstreams.all_faults()
        return SystemBody(
            services=[ServiceState(name=name, ready=not faults, faults=faults) for name, faults in found.items()]
        )

    @router.get("/csp-reports", tags=["system"], dependencies=OPERATOR, responses=problems(401, 403))
    async def list_csp_reports(db: DatabaseDep) -> CspReports:
        """What browsers had to block in the last week: a sign of an attack, or of a fault of ours."""
        return await views.csp_reports(db)
