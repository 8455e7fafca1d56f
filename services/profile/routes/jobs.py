"""Work over many customers, and the tags and properties that they share."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from chassis.idempotency import Once, OnceDep
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.profile.commands import jobs as commands
from services.profile.commands.customers import Author
from services.profile.domain.job import Job, Kind
from services.profile.routes.author import AuthorDep
from services.profile.schemas.customers import Wanted
from services.profile.schemas.jobs import (
    BulkEdit,
    JobBody,
    JobDraft,
    JobPage,
    PropertyBody,
    PropertyEdit,
    PropertyList,
    TagList,
    TagRename,
    wanted_body,
)
from services.profile.store import describe_property
from services.profile.views import customers as customer_views
from services.profile.views import jobs as views

router = APIRouter(prefix="/v1")

Reader, Writer = requires("customers:read"), requires("customers:write")
MAX_COUNTED = 1_000_000
CHANGES = problems(401, 403, 404, 409, 422)


@router.post("/jobs", status_code=202, tags=["jobs"], responses=problems(401, 403, 422))
async def begin_job(draft: JobDraft, once: OnceDep, author: AuthorDep) -> JobBody:
    """Edit, delete or restore all customers that a search finds, in the background."""
    draft.query()
    return await _begin(once, author, draft.kind, f"{draft.kind} customers", wanted_body(draft), draft.edit)


@router.get("/jobs", tags=["jobs"], dependencies=[Reader], responses=problems(401, 403, 422))
async def list_jobs(
    db: DatabaseDep,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JobPage:
    """Jobs, newest first."""
    return await views.list_jobs(db, after=after, limit=limit)


@router.get("/jobs/{id}", tags=["jobs"], dependencies=[Reader], responses=problems(401, 403, 404))
async def get_job(id: str, db: DatabaseDep) -> JobBody:
    """How far a job is."""
    return await views.job(db, id)


@router.post("/jobs/{id}/cancel", tags=["jobs"], dependencies=[Writer], responses=CHANGES)
async def cancel_job(id: str, once: OnceDep, now: Now) -> JobBody:
    """Do no step more; what was done stays."""

    async def command(tx: Transaction) -> JobBody:
        return JobBody.of(await commands.cancel_job(tx, id, now))

    return JobBody.model_validate(await once.run(command))


@router.get("/tags", tags=["tags"], dependencies=[Reader], responses=problems(401, 403, 422))
async def list_tags(
    db: DatabaseDep, q: Annotated[str | None, Query(max_length=200, description="A part of the name.")] = None
) -> TagList:
    """Tags that any customer has, with how many have each."""
    return await views.tags(db, q)


@router.post("/tags/{tag}/rename", status_code=202, tags=["tags"], responses=problems(401, 403, 422))
async def rename_tag(tag: str, body: TagRename, once: OnceDep, author: AuthorDep) -> JobBody:
    """Give a tag another name everywhere; where there is one of that name, both become one.

    A sync event that is later than this and says the old name brings it back.
    """
    edit = BulkEdit.model_validate({"tags": {"add": [body.to], "remove": [tag]}})
    return await _begin(once, author, Kind.EDIT, f"rename the tag {tag} to {body.to}", _having_tag(tag), edit)


@router.delete("/tags/{tag}", status_code=202, tags=["tags"], responses=problems(401, 403, 422))
async def remove_tag(tag: str, once: OnceDep, author: AuthorDep) -> JobBody:
    """Take a tag from everybody."""
    edit = BulkEdit.model_validate({"tags": {"remove": [tag]}})
    return await _begin(once, author, Kind.EDIT, f"remove the tag {tag}", _having_tag(tag), edit)


@router.get("/properties", tags=["properties"], dependencies=[Reader], responses=problems(401, 403))
async def list_properties(db: DatabaseDep) -> PropertyList:
    """The catalogue: each property with the type that its first value gave it."""
    return await views.properties(db)


@router.patch("/properties/{name}", tags=["properties"], dependencies=[Writer], responses=CHANGES)
async def edit_property(name: str, body: PropertyEdit, once: OnceDep) -> PropertyBody:
    """Say what a property is to people."""

    async def command(tx: Transaction) -> PropertyBody:
        return views.property_body(await describe_property(tx, name, body.model_dump(exclude_unset=True)))

    return PropertyBody.model_validate(await once.run(command))


@router.delete("/properties/{name}", status_code=202, tags=["properties"], responses=problems(401, 403, 422))
async def remove_property(name: str, once: OnceDep, author: AuthorDep) -> JobBody:
    """Take a property from everybody, then from the catalogue. Its next value gives it a type anew."""
    edit = BulkEdit.model_validate({"properties": {name: None}})
    having = {"filter": {"field": f"properties.{name}", "op": "exists"}, "q": None}
    return await _begin(once, author, Kind.EDIT, f"remove the property {name}", having, edit, forgets=name)


def _having_tag(tag: str) -> dict[str, Any]:
    return {"filter": {"field": "tags", "op": "has", "value": tag.strip()}, "q": None}


async def _begin(
    once: Once,
    author: Author,
    kind: Kind,
    label: str,
    wanted: dict[str, Any],
    edit: BulkEdit | None,
    forgets: str | None = None,
) -> JobBody:
    job = Job(
        id=new_id(),
        kind=kind,
        label=label,
        wanted=wanted,
        edit=edit.model_dump(mode="json", exclude_unset=True) if edit else {},
        forgets=forgets,
        total=(await customer_views.count(once.database, Wanted.model_validate(wanted), up_to=MAX_COUNTED)).count,
        by=author.by,
        created_at=author.now,
        changed_at=author.now,
    )

    async def command(tx: Transaction) -> JobBody:
        return JobBody.of(await commands.begin_job(tx, job))

    return JobBody.model_validate(await once.run(command))
