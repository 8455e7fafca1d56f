"""The tags and properties that customers share, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.auth import requires
from chassis.http import DatabaseDep, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.profile.domain.job import Kind
from services.profile.routes.author import AuthorDep
from services.profile.routes.begin import Work, begin
from services.profile.schemas.customers import Wanted
from services.profile.schemas.jobs import (
    BulkEdit,
    JobBody,
    PropertyBody,
    PropertyEdit,
    PropertyList,
    TagList,
    TagRename,
)
from services.profile.store import describe_property
from services.profile.views import jobs as views

router = APIRouter(prefix="/v1")

Reader, Writer = requires("customers:read"), requires("customers:write")
CHANGES = problems(401, 403, 404, 409, 422)


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
    return await begin(once, author, Work(Kind.EDIT, f"rename the tag {tag} to {body.to}", _having_tag(tag), edit))


@router.delete("/tags/{tag}", status_code=202, tags=["tags"], responses=problems(401, 403, 422))
async def remove_tag(tag: str, once: OnceDep, author: AuthorDep) -> JobBody:
    """Take a tag from everybody."""
    edit = BulkEdit.model_validate({"tags": {"remove": [tag]}})
    return await begin(once, author, Work(Kind.EDIT, f"remove the tag {tag}", _having_tag(tag), edit))


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
    having = Wanted(filter={"field": f"properties.{name}", "op": "exists"})
    return await begin(once, author, Work(Kind.EDIT, f"remove the property {name}", having, edit, forgets=name))


def _having_tag(tag: str) -> Wanted:
    return Wanted(filter={"field": "tags", "op": "has", "value": tag.strip()})
