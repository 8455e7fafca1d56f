"""What can be seen of customers."""

import asyncio
from typing import Any

from chassis.errors import Invalid, NotFound
from chassis.mongo import ASCENDING, DESCENDING, Database, Document, Transaction
from services.profile import store
from services.profile.domain import past
from services.profile.domain.finding import Order, look_for
from services.profile.schemas.audit import AuditPage, EntryBody
from services.profile.schemas.customers import CustomerBody, CustomerCount, CustomerPage, Wanted
from services.profile.schemas.history import HistoryBody
from services.profile.store.history import past_of
from services.profile.views import finding
from services.profile.views.finding import Asked, Way
from services.profile.views.segments import resolved

COUNTING_SECONDS = 0.05
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


async def customers(
    database: Database, wanted: Wanted, *, after: str | None, limit: int, exact: bool = False
) -> CustomerPage:
    """A page of the customers that are wanted. Raises `Invalid`.

    Of many customers it is found by a projection that may be a moment behind; `exact`: by the customers themselves.
    """
    wanted = await resolved(database, wanted)
    filter_, order = wanted.parsed(), Order.of(wanted.sort)
    if wanted.q is not None and (order.path != "_id" or order.descending):
        code, reason = "sort-not-valid", "What a search finds comes by id."
        raise Invalid(code, reason, field="sort")
    query, by_id = filter_.query(), order.path == "_id"
    way = await _way(database, wanted, exact=exact, by_id=by_id)
    if way is not None and by_id:
        documents = await finding.page(database, way, query, Asked(order, after, limit))
    else:
        asked = await finding.narrowed(database, way, query) if way is not None and way.few else query
        documents = await _listed(database, order, asked, after, limit)
    full = len(documents) == limit
    mark = order.mark(value_at(documents[-1], order.path), documents[-1]["_id"]) if full else None
    return CustomerPage(items=[_body(document) for document in documents], next=mark)


async def _way(database: Database, wanted: Wanted, *, exact: bool, by_id: bool = False) -> Way | None:
    if wanted.q is not None:
        return await finding.way_of_search(database, look_for(wanted.q))
    return None if exact else await finding.way_of_filter(database, wanted.parsed(), by_id=by_id)


async def _listed(database: Database, order: Order, query: Document, after: str | None, limit: int) -> list[Document]:
    documents: list[Document] = []
    for part, sort in _parts(order, query, after):
        if len(documents) < limit:
            documents += await _sorted(database, part, sort, limit - len(documents))
    return documents


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


async def count(database: Database, wanted: Wanted, *, up_to: int, exact: bool = False) -> CustomerCount:
    """How many are wanted; counted no further than `up_to`, and of many judged by a sample where counting takes long."""
    wanted = await resolved(database, wanted)
    query, way = wanted.parsed().query(), await _way(database, wanted, exact=exact)
    if way is not None and (way.few or way.says_all or wanted.q is not None):
        found = await finding.count_by(database, way, query, up_to)
    elif exact or not await finding.are_many(database):
        found = await database.collection(store.CUSTOMERS).count_documents(query, limit=up_to)
    else:
        return await _count_or_judge(database, query, up_to)
    return CustomerCount(count=found, exact=found < up_to)


async def _count_or_judge(database: Database, query: Document, up_to: int) -> CustomerCount:
    rows = database.collection(store.CUSTOMERS)
    if not query:
        return CustomerCount(count=await rows.estimated_document_count(), exact=False, estimated=True)
    # Both at once: whoever waits for the end of the one would else wait for the other after it.
    counting = asyncio.ensure_future(rows.count_documents(query, limit=up_to, maxTimeMS=1000))
    judging = asyncio.ensure_future(finding.judged(database, query))
    try:
        found = await asyncio.wait_for(counting, COUNTING_SECONDS)
    except TimeoutError:
        return CustomerCount(count=await judging, exact=False, estimated=True)
    finally:
        judging.cancel()
    return CustomerCount(count=found, exact=found < up_to)


def _body(document: Document) -> CustomerBody:
    return CustomerBody.of(store.customer_from(document), document)


def value_at(document: Document, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    found: Any = document
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
