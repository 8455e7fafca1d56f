"""Autoreplies over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback.commands import autoreplies as commands
from services.feedback.schemas.autoreplies import (
    AutoreplyBody,
    AutoreplyDraft,
    AutoreplyEdit,
    AutoreplyList,
    FollowedPage,
)
from services.feedback.views import autoreplies as views

Reader, Writer = requires("autoreplies:read"), requires("autoreplies:write")
Text = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000)]

router = APIRouter(prefix="/v1/autoreplies", tags=["autoreplies"])


@router.post("", status_code=201, dependencies=[Writer], responses=problems(401, 403, 422))
async def create_autoreply(draft: AutoreplyDraft, once: OnceDep, now: Now) -> AutoreplyBody:
    """Follow answers by a mail, from now on: never those that were given before."""

    async def command(tx: Transaction) -> AutoreplyBody:
        values = draft.model_dump(exclude={"active"})
        return AutoreplyBody.of(await commands.create_autoreply(tx, values, active=draft.active, now=now))

    return AutoreplyBody.model_validate(await once.run(command))


@router.get("", dependencies=[Reader], responses=problems(401, 403))
async def list_autoreplies(db: DatabaseDep) -> AutoreplyList:
    """All, in the order in which they are asked: the first that wants an answer has it."""
    return await views.autoreplies(db)


@router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_autoreply(id: str, db: DatabaseDep, response: Response) -> AutoreplyBody:
    """One."""
    found = await views.autoreply(db, id)
    etag(response, found.seq)
    return found


@router.patch("/{id}", dependencies=[Writer], responses=problems(401, 403, 404, 412, 422))
async def edit_autoreply(id: str, edit: AutoreplyEdit, db: DatabaseDep, seq: IfMatch, now: Now) -> AutoreplyBody:
    """Change it; what is left out stays. `active` switches it on, from now, and off."""
    values = edit.model_dump(exclude_unset=True)
    return AutoreplyBody.of(
        await db.transact(lambda tx: commands.edit_autoreply(tx, id, values, expected_seq=seq, now=now))
    )


@router.delete("/{id}", status_code=204, dependencies=[Writer], responses=problems(401, 403, 404))
async def delete_autoreply(id: str, db: DatabaseDep) -> None:
    """Remove it; mails that still wait for their time do not go out."""
    await db.transact(lambda tx: commands.delete_autoreply(tx, id))


@router.get("/{id}/answers", dependencies=[Reader], responses=problems(401, 403, 404, 422))
async def list_followed(id: str, db: DatabaseDep, after: Text = None, limit: Limit = 100) -> FollowedPage:
    """The answers that it wanted, and what became of each."""
    return await views.followed(db, id, after=after, limit=limit)
