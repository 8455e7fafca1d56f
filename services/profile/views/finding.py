"""How those who are wanted are found among a million: from what few have, by the projection made for it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.filters import Filter
from chassis.mongo import ASCENDING, DESCENDING, Database, Document
from services.profile import store
from services.profile.domain.finding import Looked, Order
from services.profile.store.facets import Start, is_one_value, says_all, span, starts, texts

MANY = 20_000
"""Fewer customers are looked through without more ado."""
FEW, VERY_FEW = 3000, 200
"""What so few have is a good place to start from; and where one start leads to very few, no better one is looked for."""
SCANNED, MOST_SCANNED = 100, 4000
MAX_STARTS, MAX_RARE, MAX_OTHERS, SAMPLE = 10, 5, 3, 500


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
    """From whom its rare grams lead to, where the text holds what is looked for."""
    text = {"text": {"$regex": looked.pattern}}
    led = await _led(database, [{"grams": gram} for gram in looked.grams])
    if led.ids is not None:
        return Way({"_id": {"$in": led.ids}, **text}, few=True)
    return Way({**led.rarest, **text}, _hint(led.rarest))


async def way_of_filter(database: Database, filter_: Filter, *, by_id: bool = False) -> Way | None:
    """How to find those a filter holds for; None: among the customers themselves. `by_id`: a page of them, by id."""
    possible = starts(filter_)
    if not possible or not await are_many(database):
        return None
    if by_id and len(possible) == 1 and is_one_value(possible[0]):
        return Way(possible[0], _hint(possible[0]), says_all=says_all(filter_))
    led = await _led(database, possible)
    text = texts(filter_)
    if led.ids is not None:
        return Way(_all([{"_id": {"$in": led.ids}}, *text]), few=True, says_all=says_all(filter_))
    if not led.rarest:
        return None
    others = [start for start in possible if start is not led.rarest and "grams" not in start][:MAX_OTHERS]
    asked = _all([led.rarest, *others, *text])
    return Way(asked, _hint(led.rarest), says_all=says_all(filter_))


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
        if span(way.asked) is not None:
            return len(await _covered(database, way.asked, up_to))
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


@dataclass(frozen=True, slots=True)
class _Led:
    """All whom those starts lead to that few have, else the rarest that is one value; nothing where none is."""

    ids: list[str] | None = None
    rarest: Start = field(default_factory=dict)


async def _led(database: Database, possible: Sequence[Start]) -> _Led:
    """Asked of the indexes alone: to read thousands of customers that were not wanted lately takes a disk seconds."""
    some = possible[:: max(1, len(possible) // MAX_STARTS)]
    firsts = await asyncio.gather(*(_covered(database, start, VERY_FEW) for start in some))
    if complete := [set(ids) for ids in firsts if len(ids) < VERY_FEW]:
        return _Led(sorted(set.intersection(*complete)))
    # One value has its customers by id: the further its first ones reach, the fewer have it.
    reach = sorted(
        ((ids[-1], place) for place, ids in enumerate(firsts) if is_one_value(some[place])),
        reverse=True,
    )
    rare = [some[place] for _, place in reach[:MAX_RARE]]
    chosen = [*rare, *(start for start in some if not is_one_value(start))][: 2 * MAX_RARE]
    lists = await asyncio.gather(*(_all_of_few(database, start) for start in chosen))
    if few := [set(ids) for ids in lists if ids is not None]:
        return _Led(sorted(set.intersection(*few)))
    return _Led(rarest=rare[0] if rare else {})


async def _all_of_few(database: Database, start: Start) -> list[str] | None:
    """All the ids a start leads to; None where they are many."""
    if "grams" in start:
        # To count these costs next to nothing, and most are of many.
        rows = database.collection(store.FINDING)
        if await rows.count_documents(start, limit=FEW, hint=_hint(start)) >= FEW:
            return None
    ids = await _covered(database, start, FEW)
    return ids if len(ids) < FEW else None


async def _covered(database: Database, start: Start, limit: int) -> list[str]:
    """The ids a start leads to, where it can be from an index without looking at a row; of one value by id."""
    rows, between = database.collection(store.FINDING), span(start)
    cursor = rows.find({} if between else start, {"_id": 1}).limit(limit)
    cursor = cursor.min(between[0]).max(between[1]) if between else cursor
    hint = _hint(start)
    return [row["_id"] for row in await (cursor.hint(hint) if hint else cursor).to_list(None)]


def _all(conditions: Sequence[Start]) -> Start:
    return {"$and": conditions} if len(conditions) > 1 else conditions[0]


def _hint(start: Start) -> str | None:
    if "$or" in start:
        return None
    return "grams_1__id_1" if "grams" in start else "facets.k_1_facets.v_1__id_1"


def _sort(order: Order) -> list[tuple[str, int]]:
    return [("_id", DESCENDING if order.descending else ASCENDING)]
