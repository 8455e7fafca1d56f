"""Customers over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis.auth import Principal, requires
from chassis.http import DatabaseDep, IfMatch, Now, RequestId, etag, problems
from chassis.idempotency import OnceDep
from chassis.mongo import Transaction
from services.profile.commands import customers as commands
from services.profile.schemas.customers import (
    CountBody,
    CustomerBody,
    CustomerCount,
    CustomerEdit,
    CustomerPage,
    CustomerSearch,
    wanted_of,
)
from services.profile.views import customers as views

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Writer = Annotated[Principal, requires("customers:write")]
Reader = requires("customers:read")


@router.get("", dependencies=[Reader], responses=problems(401, 403, 422))
async def list_customers(
    db: DatabaseDep,
    email: Annotated[str | None, Query(description="Only the customer with this address.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of a name, address, company or id.")] = None,
    sort: Annotated[str, Query(description="As in a search.")] = "id",
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CustomerPage:
    """Customers, page by page."""
    return await views.customers(db, wanted_of(email=email, q=q, sort=sort), after=after, limit=limit)


@router.post("/search", dependencies=[Reader], responses=problems(401, 403, 422))
async def search_customers(body: CustomerSearch, db: DatabaseDep) -> CustomerPage:
    """Customers by a filter, a part of their text, or both."""
    return await views.customers(db, body, after=body.after, limit=body.limit)


@router.post("/count", dependencies=[Reader], responses=problems(401, 403, 422))
async def count_customers(body: CountBody, db: DatabaseDep) -> CustomerCount:
    """How many customers a search would find."""
    return await views.count(db, body, up_to=body.up_to)


@router.get("/{id}", dependencies=[Reader], responses=problems(401, 403, 404))
async def get_customer(id: str, db: DatabaseDep, response: Response) -> CustomerBody:
    """One customer, with all that its profile shows."""
    body = await views.customer(db, id)
    etag(response, body.version)
    return body


@router.patch("/{id}", response_model=CustomerBody, responses=problems(401, 403, 404, 409, 412, 422))
async def edit_customer(
    id: str, edit: CustomerEdit, once: OnceDep, who: Writer, seq: IfMatch, request_id: RequestId, now: Now
) -> Any:
    """Change a customer by hand. Fields left out stay; null clears one."""

    async def command(tx: Transaction) -> CustomerBody:
        await commands.edit_customer(tx, id, edit.values(), by=who.id, event_id=request_id, expected_seq=seq, now=now)
        return await views.customer_in(tx, id)

    return await once.run(command)
