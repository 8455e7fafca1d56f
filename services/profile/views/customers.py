"""What can be seen of customers."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.errors import Invalid, NotFound
from chassis.mongo import ASCENDING, DESCENDING, Collection, Database, Document, Transaction
from services.profile import store
from services.profile.domain import past
from services.profile.domain.finding import Looked, Order, look_for
from services.profile.schemas.audit import AuditPage, EntryBody
from services.profile.schemas.customers import CustomerBody, CustomerCount, CustomerPage, Wanted
from services.profile.schemas.history import HistoryBody
from services.profile.store.history import past_of
from services.profile.views.segments import resolved

SCANNED, MAX_COUNTED, COMMON = 500, 8, 3000
Sort = list[tuple[str, int]]


async def customer(database: Database, id_: str) -> CustomerBody:
    """One customer, from one document. Raises `NotFound`."""
    document = await database.collection(store.CUSTOMERS).find_one({"_id": {"$eq": id_}})
    if document is None:
        raise _no_customer()
    return _body(document)


async def customer_in(tx: Transaction, id_: str) -> CustomerBody:
    """One customer as this transaction leaves it."""
    document = await tx.collection(store.CUSTOMERS).find_one({"_id": {"$eq": id_}}, session=tx.session)
    return _body(document or {})


async def audit(database: Database, customer_id: str, *, after: str | None, limit: int) -> AuditPage:
    """What people did with a customer, newest first."""
    found = await store.entries(database, customer_id, before=after, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return AuditPage(items=[EntryBody.of(entry) for entry in found], next=following)


async def history(database: Database, id_: str, field: str | None) -> HistoryBody:
    """What its fields are and were, or one of them. Raises `NotFound`."""
    document = await database.collection(store.CUSTOMERS).find_one({"_id": {"$eq": id_}})
    if document is None:
        raise _no_customer()
    values = past.history(store.customer_from(document), await past_of(database, id_))
    return HistoryBody.of(id_, [one for one in values if field in (None, one.field)])


def _no_customer() -> NotFound:
    code, reason = "customer-not-found", "There is no customer with this id."
    return NotFound(code, reason)


async def customers(database: Database, wanted: Wanted, *, after: str | None, limit: int) -> CustomerPage:
    """A page of the customers that are wanted. Raises `Invalid`."""
    wanted = await resolved(database, wanted)
    query, order = wanted.query(), Order.of(wanted.sort)
    if wanted.q is not None:
        if order.path != "_id" or order.descending:
            code, reason = "sort-not-valid", "What a search finds comes by id."
            raise Invalid(code, reason, field="sort")
        return await _found(database, look_for(wanted.q), query, after=after, limit=limit)
    documents: list[Document] = []
    for part, sort in _parts(order, query, after):
        if len(documents) < limit:
            documents += await _sorted(database, part, sort, limit - len(documents))
    full = len(documents) == limit
    mark = order.mark(value_at(documents[-1], order.path), documents[-1]["_id"]) if full else None
    return CustomerPage(items=[_body(document) for document in documents], next=mark)


def _parts(order: Order, query: Document, after: str | None) -> list[tuple[Document, Sort]]:
    """One list, or those who have what it is sorted by, and then the others by id."""
    beyond = [] if after is None else [order.after(after)]
    direction = DESCENDING if order.descending else ASCENDING
    by_id, sort = [("_id", direction)], [(order.path, direction)]
    # An e-mail address is one customer's: its index ends with it.
    sort += [] if order.path in {"_id", "canonical_email"} else by_id
    if order.having is None:
        return [({"$and": [query, *beyond]}, sort)]
    if after is not None and order.is_among_lacking(after):
        return [({"$and": [query, order.lacking, *beyond]}, by_id)]
    others = {"$and": [query, order.lacking]}
    return [({"$and": [query, order.having, *beyond]}, sort), (others, by_id)]


async def _sorted(database: Database, query: Document, sort: Sort, limit: int) -> list[Document]:
    found: list[Document] = await database.collection(store.CUSTOMERS).find(query).sort(sort).limit(limit).to_list(None)
    return found


async def count(database: Database, wanted: Wanted, *, up_to: int) -> CustomerCount:
    """How many are wanted; counted no further than `up_to`."""
    wanted = await resolved(database, wanted)
    if wanted.q is not None:
        page = await _found(database, look_for(wanted.q), wanted.query(), after=None, limit=up_to)
        found = len(page.items)
    else:
        found = await database.collection(store.CUSTOMERS).count_documents(wanted.query(), limit=up_to)
    return CustomerCount(count=found, exact=found < up_to)


async def _found(database: Database, looked: Looked, query: Document, *, after: str | None, limit: int) -> CustomerPage:
    """Those whose text holds what is looked for, by id: read from the rarest of its grams on."""
    order = Order.of("id")
    gram = await _rarest(database.collection(store.FINDING), looked.grams)
    items: list[CustomerBody] = []
    last = order.after(after)["_id"] if after else {"$gt": ""}
    while len(items) < limit:
        asked = {"grams": gram, "text": {"$regex": looked.pattern}, "_id": last}
        cursor = database.collection(store.FINDING).find(asked, {"_id": 1}).sort("_id", ASCENDING)
        ids = [row["_id"] async for row in cursor.limit(max(limit, SCANNED) if query else limit)]
        if not ids:
            return CustomerPage(items=items)
        among = {"$and": [{"_id": {"$in": ids}}, query]}
        cursor = database.collection(store.CUSTOMERS).find(among).sort("_id", ASCENDING)
        items += [_body(document) async for document in cursor.limit(limit - len(items))]
        last = {"$gt": ids[-1]}
    return CustomerPage(items=items, next=order.mark(None, items[-1].id))


async def _rarest(finding: Collection, grams: Sequence[str]) -> str:
    """Counted only as far as it matters: a gram that few have ends the search for a better one."""
    some = grams[:: max(1, len(grams) // MAX_COUNTED)]
    counts = await asyncio.gather(*(finding.count_documents({"grams": gram}, limit=COMMON) for gram in some))
    return min(zip(counts, some, strict=True))[1]


def _body(document: Document) -> CustomerBody:
    return CustomerBody.of(store.customer_from(document), document)


def value_at(document: Document, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    found: Any = document
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
