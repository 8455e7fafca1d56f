"""How those who are wanted are found among a million: from what few have, by the projection made for it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.filters import Filter
from chassis.mongo import ASCENDING, DESCENDING, Database, Document
from services.profile import store
from services.profile.domain.finding import Looked, Order
from services.profile.store.facets import Start, is_one_value, says_all, starts

MANY = 20_000
"""Fewer customers are looked through without more ado."""
FEW = 3000
"""What so few have is a good place to start from; counting it takes milliseconds."""
SCANNED, MOST_SCANNED = 100, 4000
MAX_STARTS, MAX_OTHERS, SAMPLE = 8, 3, 1000


@dataclass(frozen=True, slots=True)
class Way:
    """Go through what is kept for finding: those for whom `asked` holds, by this index where one is named.

    `few`: it ends soon. `says_all`: whom it leads to is wanted, without another look.
    """

    asked: Mapping[str, Any]
    hint: str | None = None
    few: bool = False
    says_all: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page."""

    order: Order
    after: str | None
    limit: int


async def are_many(database: Database) -> bool:
    """Whether looking at each customer would take long."""
    return await database.collection(store.CUSTOMERS).estimated_document_count() > MANY


async def way_of_search(database: Database, looked: Looked) -> Way:
    """From the rarest gram on, where the text holds what is looked for."""
    count, rarest = await _rarest(database, [{"grams": gram} for gram in looked.grams])
    return Way({**rarest, "text": {"$regex": looked.pattern}}, _hint(rarest), few=count < FEW)


async def way_of_filter(database: Database, filter_: Filter) -> Way | None:
    """How to find those a filter holds for; None: among the customers themselves."""
    possible = starts(filter_)
    if not possible or not await are_many(database):
        return None
    count, rarest = await _rarest(database, possible)
    if count >= FEW and not is_one_value(rarest):
        return None
    others = [start for start in possible if start is not rarest][:MAX_OTHERS]
    asked: Start = {"$and": [rarest, *others]} if others else rarest
    return Way(asked, _hint(rarest), few=count < FEW, says_all=says_all(filter_))


async def page(database: Database, way: Way, query: Document, asked: Asked) -> list[Document]:
    """A page by id of those for whom the query holds: some at a time, each looked at as it is."""
    found: list[Document] = []
    after = asked.order.after(asked.after) if asked.after else {}
    size = max(2 * asked.limit, SCANNED) if query else asked.limit
    while len(found) < asked.limit:
        ids = await _ids(database, way, asked.order, after, size)
        among = {"$and": [{"_id": {"$in": ids}}, query]}
        cursor = database.collection(store.CUSTOMERS).find(among).sort(_sort(asked.order))
        found += await cursor.limit(asked.limit - len(found)).to_list(None) if ids else []
        if len(ids) < size:
            break
        after, size = {"_id": {"$lt" if asked.order.descending else "$gt": ids[-1]}}, min(2 * size, MOST_SCANNED)
    return found


async def narrowed(database: Database, way: Way, query: Document) -> Document:
    """The query, asked of the few that the way leads to."""
    ids = await _ids(database, way, Order.of("id"), {}, FEW)
    return {"$and": [{"_id": {"$in": ids}}, query]}


async def count_by(database: Database, way: Way, query: Document, up_to: int) -> int:
    """How many those are, counted no further than this."""
    if not query or way.says_all:
        hint: dict[str, Any] = {"hint": way.hint} if way.hint else {}
        return await database.collection(store.FINDING).count_documents(way.asked, limit=up_to, **hint)
    found, order, after = 0, Order.of("id"), Document()
    while found < up_to:
        ids = await _ids(database, way, order, after, MOST_SCANNED)
        among = {"$and": [{"_id": {"$in": ids}}, query]}
        found += await database.collection(store.CUSTOMERS).count_documents(among) if ids else 0
        if len(ids) < MOST_SCANNED:
            break
        after = {"_id": {"$gt": ids[-1]}}
    return min(found, up_to)


async def judged(database: Database, query: Document) -> int:
    """About how many, by a sample."""
    rows = database.collection(store.CUSTOMERS)
    sample: Any = rows.aggregate([{"$sample": {"size": SAMPLE}}, {"$match": query}, {"$count": "count"}])
    found, everyone = await sample.to_list(1), await rows.estimated_document_count()
    return round(everyone * (found[0]["count"] if found else 0) / max(1, min(SAMPLE, everyone)))


async def _ids(database: Database, way: Way, order: Order, after: Document, size: int) -> list[str]:
    asked = {"$and": [way.asked, after]} if after else way.asked
    cursor = database.collection(store.FINDING).find(asked, {"_id": 1}).sort(_sort(order)).limit(size)
    return [row["_id"] async for row in (cursor.hint(way.hint) if way.hint else cursor)]


async def _rarest(database: Database, possible: Sequence[Start]) -> tuple[int, Start]:
    """Counted only as far as it matters: a start that few have ends the search for a better one."""
    some = possible[:: max(1, len(possible) // MAX_STARTS)]
    rows = database.collection(store.FINDING)
    counts = await asyncio.gather(*(rows.count_documents(start, limit=FEW, **_hinted(start)) for start in some))
    return min(zip(counts, some, strict=True), key=lambda pair: pair[0])


def _hint(start: Start) -> str | None:
    if "$or" in start:
        return None
    return "grams_1__id_1" if "grams" in start else "facets.k_1_facets.v_1__id_1"


def _hinted(start: Start) -> dict[str, Any]:
    hint = _hint(start)
    return {"hint": hint} if hint else {}


def _sort(order: Order) -> list[tuple[str, int]]:
    return [("_id", DESCENDING if order.descending else ASCENDING)]
