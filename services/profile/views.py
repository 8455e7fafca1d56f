"""What can be seen of customers."""

from typing import Any

from chassis.errors import NotFound
from chassis.mongo import ASCENDING, Database, Document, Transaction
from services.profile import store
from services.profile.domain.email import canonical_email
from services.profile.schemas import CustomerBody, CustomerPage


async def customer(database: Database, id_: str) -> CustomerBody:
    """One customer, from one document. Raises `NotFound`."""
    document = await database.collection(store.CUSTOMERS).find_one({"_id": {"$eq": id_}})
    if document is None:
        code, reason = "customer-not-found", "There is no customer with this id."
        raise NotFound(code, reason)
    return _body(document)


async def customer_in(tx: Transaction, id_: str) -> CustomerBody:
    """One customer as this transaction leaves it."""
    document = await tx.collection(store.CUSTOMERS).find_one({"_id": {"$eq": id_}}, session=tx.session)
    return _body(document or {})


async def customers(database: Database, *, email: str | None, after: str | None, limit: int) -> CustomerPage:
    """Customers by id, all or those with an address."""
    query: dict[str, Any] = {}
    if email is not None:
        query["canonical_email"] = {"$eq": canonical_email(email)}
    if after is not None:
        query["_id"] = {"$gt": after}
    cursor = database.collection(store.CUSTOMERS).find(query).sort("_id", ASCENDING).limit(limit)
    items = [_body(document) async for document in cursor]
    return CustomerPage(items=items, next=items[-1].id if len(items) == limit else None)


def _body(document: Document) -> CustomerBody:
    return CustomerBody.of(store.customer_from(document), document)
