"""Answers over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, IfMatch, Now, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.feedback import commands
from services.feedback.commands import handling
from services.feedback.commands.handling import Author
from services.feedback.schemas import ResponseBody, ResponseDraft, ResponsePage
from services.feedback.schemas.finding import CountBody, ResponseCount, ResponseQuery, ResponseSearch
from services.feedback.schemas.handling import AuditPage, NoteBody, NoteDraft, ResponseDetail, ResponseEdit
from services.feedback.views import responses as views

router = APIRouter(prefix="/v1", tags=["responses"])

Reader = requires("responses:read")
Writer = Annotated[Principal, requires("responses:write")]
CHANGES = problems(401, 403, 404, 409, 412, 422)


@router.get("/responses", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_responses(db: DatabaseDep, wanted: Annotated[ResponseQuery, Query()]) -> ResponsePage:
    """Answers, newest first: a customer's, a campaign's, or those that are looked for."""
    return await views.responses(db, wanted)


@router.post("/responses/search", dependencies=[Reader], responses=problems(401, 403, 422))
async def search_responses(body: ResponseSearch, db: DatabaseDep) -> ResponsePage:
    """The same by a filter too."""
    return await views.responses(db, body)


@router.post("/responses/count", dependencies=[Reader], responses=problems(401, 403, 422))
async def count_responses(body: CountBody, db: DatabaseDep) -> ResponseCount:
    """How many answers a search would find, and how many of them are open."""
    return await views.count(db, body)


@router.post("/responses", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def add_response(draft: ResponseDraft, once: OnceDep, who: Writer, now: Now) -> ResponseBody:
    """Add an answer that was received outside of any survey."""

    async def command(tx: Transaction) -> ResponseBody:
        return ResponseBody.of(await commands.add_response(tx, draft, by=who.id, now=now))

    return ResponseBody.model_validate(await once.run(command))


@router.get("/responses/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_response(id: str, db: DatabaseDep, response: Response) -> ResponseDetail:
    """One answer, with all that its page shows."""
    found = await views.detail(db, id)
    etag(response, found.version)
    return found


@router.patch("/responses/{id}", responses=CHANGES)
async def edit_response(
    id: str, edit: ResponseEdit, once: OnceDep, who: Writer, now: Now, seq: IfMatch, response: Response
) -> ResponseBody:
    """Put an answer right, or tag, assign, resolve or reopen it. What is left out stays."""
    values = edit.model_dump(exclude_unset=True)

    async def command(tx: Transaction) -> ResponseBody:
        return ResponseBody.of(await handling.edit_response(tx, id, values, Author(who.id, now), expected_seq=seq))

    body = ResponseBody.model_validate(await once.run(command))
    etag(response, body.version)
    return body


@router.delete("/responses/{id}", status_code=204, responses=CHANGES)
async def erase_response(id: str, once: OnceDep, who: Writer, now: Now, seq: IfMatch) -> None:
    """Take an answer out for good, from lists and figures, here and wherever it was told. It cannot be given again."""
    await once.run(lambda tx: handling.remove(tx, id, Author(who.id, now), expected_seq=seq))


@router.post("/responses/{id}/notes", status_code=201, responses=CHANGES)
async def add_note(id: str, draft: NoteDraft, once: OnceDep, who: Writer, now: Now) -> NoteBody:
    """Say something of an answer, for colleagues."""

    async def command(tx: Transaction) -> NoteBody:
        return NoteBody.of(await handling.add_note(tx, id, draft.text, Author(who.id, now)))

    return NoteBody.model_validate(await once.run(command))


@router.delete("/responses/{id}/notes/{note_id}", status_code=204, responses=CHANGES)
async def remove_note(id: str, note_id: str, once: OnceDep, who: Writer, now: Now) -> None:
    """Take a note back."""
    await once.run(lambda tx: handling.remove_note(tx, id, note_id, Author(who.id, now)))


@router.get("/responses/{id}/audit", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_audit(
    id: str,
    db: DatabaseDep,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPage:
    """What people did with an answer, newest first; of one that was erased only who did what when."""
    return await views.audit(db, id, after=after, limit=limit)
