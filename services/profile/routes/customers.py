"""Customers over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from chassis.auth import requires
from chassis.http import DatabaseDep, IfMatch, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.profile.commands import customers as commands
from services.profile.routes.author import AuthorDep
from services.profile.schemas.audit import AuditPage
from services.profile.schemas.customers import (
    CountBody,
    CustomerBody,
    CustomerCount,
    CustomerDraft,
    CustomerEdit,
    CustomerExport,
    CustomerPage,
    CustomerSearch,
    wanted_of,
)
from services.profile.schemas.history import HistoryBody
from services.profile.views import customers as views
from services.profile.views import exports

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Reader = requires("customers:read")
CHANGES = problems(401, 403, 404, 409, 412, 422)


@router.get("", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_customers(
    db: DatabaseDep,
    email: Annotated[str | None, Query(description="Only the customer with this address.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of a name, address, company or id.")] = None,
    segment: Annotated[str | None, Query(max_length=100, description="Only who is in it.")] = None,
    sort: Annotated[str, Query(description="As in a search.")] = "id",
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CustomerPage:
    """Customers, page by page."""
    wanted = wanted_of(email=email, q=q, segment=segment, sort=sort)
    return await views.customers(db, wanted, after=after, limit=limit)


@router.post("/search", dependencies=[Reader], responses=problems(401, 403, 422))
async def search_customers(body: CustomerSearch, db: DatabaseDep) -> CustomerPage:
    """Customers by a filter, a part of their text, or both."""
    return await views.customers(db, body, after=body.after, limit=body.limit)


@router.post("/count", dependencies=[Reader], responses=problems(401, 403, 422), response_model_exclude_unset=True)
async def count_customers(body: CountBody, db: DatabaseDep) -> CustomerCount:
    """How many customers a search would find."""
    return await views.count(db, body, up_to=body.up_to)


@router.post("/export", dependencies=[Reader], response_class=StreamingResponse, responses=problems(401, 403, 422))
async def export_customers(body: CustomerExport, db: DatabaseDep) -> StreamingResponse:
    """All customers that a search would find, as a file."""
    name = {"Content-Disposition": f'attachment; filename="customers.{body.format}"'}
    kind = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}[body.format]
    return StreamingResponse(await exports.export(db, body), media_type=kind, headers=name)


@router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_customer(id: str, db: DatabaseDep, response: Response) -> CustomerBody:
    """One customer, with all that its profile shows."""
    body = await views.customer(db, id)
    etag(response, body.version)
    return body


@router.post("", status_code=201, responses=problems(401, 403, 409, 422))
async def create_customer(draft: CustomerDraft, once: OnceDep, author: AuthorDep, response: Response) -> CustomerBody:
    """Make a customer by hand."""

    async def command(tx: Transaction) -> CustomerBody:
        made = await commands.create_customer(tx, draft, author)
        return await views.customer_in(tx, made.id)

    return _versioned(response, await once.run(command))


@router.patch("/{id}", responses=CHANGES)
async def edit_customer(
    id: str, edit: CustomerEdit, once: OnceDep, author: AuthorDep, seq: IfMatch, response: Response
) -> CustomerBody:
    """Change a customer by hand: fields, tags, properties, pins. What is left out stays; null clears."""

    async def command(tx: Transaction) -> CustomerBody:
        await commands.edit_customer(tx, id, edit, author, expected_seq=seq)
        return await views.customer_in(tx, id)

    return _versioned(response, await once.run(command))


@router.delete("/{id}", responses=CHANGES)
async def delete_customer(id: str, once: OnceDep, author: AuthorDep, seq: IfMatch, response: Response) -> CustomerBody:
    """Let nobody survey a customer any more. Its answers and survey records stay, and so does its profile, marked."""

    async def command(tx: Transaction) -> CustomerBody:
        await commands.delete_customer(tx, id, author, expected_seq=seq)
        return await views.customer_in(tx, id)

    return _versioned(response, await once.run(command))


@router.post("/{id}/restore", responses=CHANGES)
async def restore_customer(id: str, once: OnceDep, author: AuthorDep, seq: IfMatch, response: Response) -> CustomerBody:
    """Take a deletion back."""

    async def command(tx: Transaction) -> CustomerBody:
        await commands.restore_customer(tx, id, author, expected_seq=seq)
        return await views.customer_in(tx, id)

    return _versioned(response, await once.run(command))


@router.get("/{id}/audit", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_audit(
    id: str,
    db: DatabaseDep,
    after: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPage:
    """What people did with a customer, newest first; of one who was erased only who did what when."""
    return await views.audit(db, id, after=after, limit=limit)


@router.get("/{id}/history", dependencies=[Reader], responses=problems(401, 403, 404, 422))
async def get_history(
    id: str,
    db: DatabaseDep,
    field: Annotated[
        str | None, Query(max_length=300, description="Only this: `city`, `properties.plan`, `tags`, `deleted`.")
    ] = None,
) -> HistoryBody:
    """Which values each field had, since when, and from where: the one that holds and up to twenty before it."""
    return await views.history(db, id, field)


def _versioned(response: Response, answer: Any) -> CustomerBody:
    body = CustomerBody.model_validate(answer)
    etag(response, body.version)
    return body
