"""Segments over HTTP: searches with a name."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.profile.commands import segments as commands
from services.profile.routes.author import AuthorDep
from services.profile.schemas.customers import Wanted
from services.profile.schemas.segments import SegmentBody, SegmentCounted, SegmentDraft, SegmentEdit, SegmentList
from services.profile.views import customers as customer_views
from services.profile.views import segments as views

router = APIRouter(prefix="/v1/segments", tags=["segments"])

Reader = requires("customers:read")
CHANGES = problems(401, 403, 404, 409, 412, 422)


@router.get("", dependencies=[Reader], responses=problems(401, 403))
async def list_segments(db: DatabaseDep) -> SegmentList:
    """All segments, by name."""
    return await views.list_segments(db)


@router.post("", status_code=201, responses=problems(401, 403, 409, 422))
async def create_segment(draft: SegmentDraft, once: OnceDep, author: AuthorDep, response: Response) -> SegmentBody:
    """Give a search a name."""
    draft.check()

    async def command(tx: Transaction) -> SegmentBody:
        return SegmentBody.of(await commands.create_segment(tx, draft, author))

    return _versioned(response, SegmentBody.model_validate(await once.run(command)))


@router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404, 422))
async def get_segment(
    id: str,
    db: DatabaseDep,
    response: Response,
    up_to: Annotated[int, Query(ge=1, le=1_000_000, description="Counting ends here.")] = 100_000,
) -> SegmentCounted:
    """A segment, and how many are in it now."""
    found = _versioned(response, await views.segment(db, id))
    counted = await customer_views.count(db, Wanted(filter=found.filter), up_to=up_to)
    return SegmentCounted(**found.model_dump(), count=counted.count, exact=counted.exact)


@router.patch("/{id}", responses=CHANGES)
async def edit_segment(
    id: str, edit: SegmentEdit, once: OnceDep, author: AuthorDep, version: IfMatch, response: Response
) -> SegmentBody:
    """Change the name or the filter of a segment; what is left out stays."""
    edit.check()

    async def command(tx: Transaction) -> SegmentBody:
        return SegmentBody.of(await commands.edit_segment(tx, id, edit, author, expected=version))

    return _versioned(response, SegmentBody.model_validate(await once.run(command)))


@router.delete("/{id}", responses=CHANGES)
async def delete_segment(id: str, once: OnceDep, author: AuthorDep, version: IfMatch) -> SegmentBody:
    """Forget a segment; nobody who was in it is changed."""
    del author

    async def command(tx: Transaction) -> SegmentBody:
        return SegmentBody.of(await commands.delete_segment(tx, id, expected=version))

    return SegmentBody.model_validate(await once.run(command))


def _versioned(response: Response, body: SegmentBody) -> SegmentBody:
    etag(response, body.version)
    return body
