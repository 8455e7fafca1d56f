"""Outgoing webhooks over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands import telling
from services.feedback.commands import webhooks as commands
from services.feedback.schemas.webhooks import (
    AttemptPage,
    ReplayBody,
    ReplayDraft,
    TestBody,
    WebhookBody,
    WebhookDraft,
    WebhookEdit,
    WebhookList,
    WebhookWithSecret,
)
from services.feedback.store import webhooks as rows
from services.feedback.views import webhooks as views

Reader, Writer = requires("webhooks:read"), requires("webhooks:write")
Text = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def make_router(poster: Poster) -> APIRouter:
    """The routes; `poster` says which addresses may be called, and calls them."""
    router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
    _add_keeping(router, poster)
    _add_secrets(router, poster)
    _add_reading(router)
    return router


def _add_keeping(router: APIRouter, poster: Poster) -> None:
    @router.post("", status_code=201, dependencies=[Writer], responses=problems(401, 403, 422))
    async def create_webhook(draft: WebhookDraft, once: OnceDep, now: Now) -> WebhookWithSecret:
        """Tell somebody of answers from now on. The secret that signs is shown in this answer only."""
        await poster.check(draft.url)

        async def command(tx: Transaction) -> WebhookWithSecret:
            return WebhookWithSecret.made(await commands.create_webhook(tx, draft.model_dump(), now))

        return WebhookWithSecret.model_validate(await once.run(command))

    @router.patch("/{id}", dependencies=[Writer], responses=problems(401, 403, 404, 412, 422))
    async def edit_webhook(id: str, edit: WebhookEdit, db: DatabaseDep, seq: IfMatch, now: Now) -> WebhookBody:
        """Change it; what is left out stays."""
        values = edit.model_dump(exclude_unset=True)
        if "url" in values:
            await poster.check(values["url"])
        await db.transact(lambda tx: commands.edit_webhook(tx, id, values, expected_seq=seq, now=now))
        return await views.webhook(db, id)

    @router.delete("/{id}", status_code=204, dependencies=[Writer], responses=problems(401, 403, 404))
    async def delete_webhook(id: str, db: DatabaseDep) -> None:
        """Remove it, with what it was still to be told."""
        await db.transact(lambda tx: commands.delete_webhook(tx, id))


def _add_secrets(router: APIRouter, poster: Poster) -> None:
    @router.post("/{id}/secret", dependencies=[Writer], responses=problems(401, 403, 404))
    async def rotate_secret(id: str, db: DatabaseDep, now: Now) -> WebhookWithSecret:
        """A new secret, shown this once; for a day the old one signs as well."""
        return WebhookWithSecret.made(await db.transact(lambda tx: commands.rotate_secret(tx, id, now)))

    @router.post("/{id}/test", dependencies=[Writer], responses=problems(401, 403, 404))
    async def test_webhook(id: str, db: DatabaseDep, now: Now) -> TestBody:
        """Send a sample now, and say what came back."""
        webhook = await db.transact(lambda tx: rows.webhook(tx, id))
        return TestBody.of(await telling.post_sample(poster, webhook, now))

    @router.post("/{id}/replay", status_code=202, dependencies=[Writer], responses=problems(401, 403, 404, 422))
    async def replay_webhook(id: str, draft: ReplayDraft, once: OnceDep, now: Now) -> ReplayBody:
        """Tell it once more of all answers that changed in a period, as they are now."""

        async def command(tx: Transaction) -> ReplayBody:
            begun = await commands.begin_replay(tx, id, draft.since, draft.until, now)
            return ReplayBody(id=begun["_id"], since=begun["since"], until=begun["until"])

        return ReplayBody.model_validate(await once.run(command))


def _add_reading(router: APIRouter) -> None:
    @router.get("", dependencies=[Reader], responses=problems(401, 403))
    async def list_webhooks(db: DatabaseDep) -> WebhookList:
        """All, with what waits for each."""
        return await views.webhooks(db)

    @router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
    async def get_webhook(id: str, db: DatabaseDep, response: Response) -> WebhookBody:
        """One, with what waits for it."""
        found = await views.webhook(db, id)
        etag(response, found.seq)
        return found

    @router.get("/{id}/attempts", dependencies=[Reader], responses=problems(401, 403, 404, 422))
    async def list_attempts(id: str, db: DatabaseDep, after: Text = None, limit: Limit = 100) -> AttemptPage:
        """Its log of the last 30 days, newest first."""
        return await views.attempts(db, id, after=after, limit=limit)
