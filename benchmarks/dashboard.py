"""How long a dashboard waits among ten million answers: each query by the HTTP API, beside the raw aggregation.

Answers and columns are written in bulk, by feedback's own functions of counting; a recount says that they agree.
Without the raw aggregation there are only columns: no query of these reads an answer.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import httpx
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient, UpdateOne, WriteConcern
from pymongo.errors import ExecutionTimeout

from benchmarks.answers import CAMPAIGNS, DAYS, EVERY, START, Crowd, answers_of, customers_of, surveys_of
from benchmarks.events import Place, somewhere
from benchmarks.figures import QUERIES, Body
from benchmarks.groups import until
from benchmarks.imports import is_ready
from benchmarks.processes import running, say, service, settings
from benchmarks.report import Report, percentiles
from chassis import auth, filters
from chassis.mongo import open_database
from deploy.local import resolve
from deploy.local.ports import free_port
from services.feedback import store
from services.feedback.commands.recounting import recount
from services.feedback.domain.counted import SURVEYS
from services.feedback.schemas.dashboard import FIGURE_FIELDS
from services.feedback.store.collections import COLUMNS
from services.feedback.store.columns import FIRST_DAY, LAST_DAY, documents_of, stamping, stamps_asked, stamps_of

TARGETS = {"p95_s": 0.5}
BATCH, RAW_SECONDS, FEW = 2000, 20, 20_000
FIELDS = {"campaign_id": "campaign_id", "country": "attributes.country", "tags": "attributes.tags"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--responses", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=20, help="each query is asked so often")
    parser.add_argument(
        "--raw", type=int, default=1, help="0: without the raw aggregation beside each query, and without answers"
    )


async def run(*, responses: int, times: int, raw: int) -> Report:
    """Seed, and ask."""
    with resolve.infrastructure(None, report=say) as at:
        async with somewhere(at.kafka, at.mongodb) as place, _database(place) as rows:
            began = time.perf_counter()
            whole = bool(raw) or responses <= FEW
            await _seed(place, rows, responses, whole=whole)
            seeded = time.perf_counter() - began
            count = await _counted(rows)
            say(f"{count:,} answers in {seeded:.0f} s")
            drift = await _drift(place, rows) if responses <= FEW else None
            async with _feedback(place) as client:
                found = {name: await _measure(client, rows, name, times, raw) for name in QUERIES}
            sizes = {name: await _size(rows, name) for name in (*([store.RESPONSES] if whole else []), COLUMNS)}
    worst = max(found, key=lambda name: found[name]["http_s"]["p95"])
    results: Body = {"responses": count, "seeded_s": round(seeded), "days_counted_wrong": drift, "worst": worst}
    results |= {"sizes": sizes, "queries": found}
    return Report(results, {"p95_s": found[worst]["http_s"]["p95"]}, TARGETS)


@asynccontextmanager
async def _database(place: Place) -> AsyncIterator[Any]:
    """Feedback's."""
    client: AsyncIOMotorClient[Body] = AsyncIOMotorClient(place.mongodb, tz_aware=True)
    name = f"{place.prefix}_feedback"
    try:
        yield client[name]
    finally:
        await client.drop_database(name)
        client.close()


def seed_days(mongodb: str, database: str, answers: int, days: range, whole: bool) -> None:
    """What is counted of some days, and `whole` their answers too, in a process of its own."""
    crowd, stamps = Crowd(answers), list[UpdateOne]()
    with MongoClient[Body](mongodb, tz_aware=True) as client:
        bulk = _Bulk(client.get_database(database, write_concern=WriteConcern(1)))
        for number in days:
            date = str(START + timedelta(days=number))
            day, documents = answers_of(crowd, number)
            bulk.put(store.RESPONSES, documents if whole else ())
            bulk.put(COLUMNS, documents_of("nps", date, day).values())
            stamps.append(stamping("nps", date, day.rows))
            if answers > FEW:
                # Nothing where a recount will look: of these surveys there are only columns.
                surveys = surveys_of(crowd, number)
                bulk.put(COLUMNS, documents_of(SURVEYS, date, surveys).values())
                stamps.append(stamping(SURVEYS, date, surveys.rows))
            if whole and number < _first(answers) + EVERY:
                bulk.put(store.CUSTOMERS, customers_of(crowd, number))
        bulk.flush()
        bulk.rows[COLUMNS].bulk_write(stamps)


def _first(answers: int) -> int:
    """The first day that has any: of a few answers only the last days are made, to be counted again in no time."""
    return DAYS - 2 * EVERY if answers <= FEW else 0


class _Bulk:
    """Inserts many at a time."""

    def __init__(self, rows: Any) -> None:
        self.rows, self._waiting = rows, dict[str, list[Body]]()

    def put(self, name: str, documents: Iterable[Body]) -> None:
        """Insert these, a little later."""
        waiting = self._waiting.setdefault(name, [])
        for document in documents:
            waiting.append(document)
            if len(waiting) == BATCH:
                self.rows[name].insert_many(waiting, ordered=False)
                waiting.clear()

    def flush(self) -> None:
        """Insert the rest."""
        for name, waiting in self._waiting.items():
            if waiting:
                self.rows[name].insert_many(waiting, ordered=False)


async def _counted(rows: Any) -> int:
    """How many answers the columns have, by their stamps."""
    months = rows[COLUMNS].find(stamps_asked("nps", FIRST_DAY, LAST_DAY))
    return sum(stamp.rows for stamp in stamps_of(await months.to_list(None), FIRST_DAY, LAST_DAY).values())


async def _seed(place: Place, rows: Any, answers: int, *, whole: bool) -> None:
    """In two processes, a few in this one; the indexes are made at the end, as fast as the server can."""
    loop, few = asyncio.get_running_loop(), answers <= FEW
    parts = [range(_first(answers), DAYS)] if few else [range(0, DAYS, 2), range(1, DAYS, 2)]
    await rows[store.CAMPAIGNS].insert_many([{"_id": id_, "name": f"Campaign {id_[:4]}"} for id_ in CAMPAIGNS])
    with ThreadPoolExecutor(1) if few else ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        await asyncio.gather(
            *(loop.run_in_executor(pool, seed_days, place.mongodb, rows.name, answers, days, whole) for days in parts)
        )
    say("indexes")
    for name in (store.RESPONSES, COLUMNS, store.CUSTOMERS):
        if store.INDEXES[name]:
            await rows[name].create_indexes(list(store.INDEXES[name]))


async def _drift(place: Place, rows: Any) -> int:
    """How many days are counted otherwise than feedback would count their answers."""
    database = open_database(place.mongodb, rows.name)
    found = await recount(database, compare_only=True)
    database.close()
    return len(found.wrong)


@asynccontextmanager
async def _feedback(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    text, key = auth.make_key("benchmark", ["*"])
    keys = json.dumps([{"id": key.id, "hash": key.hash, "scopes": sorted(key.scopes)}])
    port, headers = free_port(), {"Authorization": f"Bearer {text}"}
    more = {"SOUNDING_API_KEYS": keys, "SOUNDING_HTTP_PORT": str(port)}
    async with (
        running(service("feedback", "http"), settings(place.kafka, place.mongodb, place.prefix, **more)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client,
    ):
        await until(lambda: is_ready(client), "feedback is not ready", pause=0.2)
        yield client


async def _measure(client: httpx.AsyncClient, rows: Any, name: str, times: int, raw: int) -> Body:
    """A query by HTTP, the first time apart (the database reads its files then); beside it the raw aggregation."""
    path, body = QUERIES[name]
    waits, count = list[float](), 0
    for _ in range(times + 1):
        began = time.perf_counter()
        answer = (await client.post(f"/v1/dashboard/{path}", json=body)).raise_for_status().json()
        waits.append(time.perf_counter() - began)
        count = _count(path, answer)
    found: Body = {"http_s": percentiles(waits[1:] or waits), "first_s": round(waits[0], 4), "counted": count}
    if raw and path != "funnel":
        found |= {"raw_aggregation_s": await _raw(rows, path, body), "raw_gave_up_after_s": RAW_SECONDS}
    say(f"{name}: {found['http_s']['p95'] * 1000:.0f} ms, raw {found.get('raw_aggregation_s') or 'none'} s")
    return found


def _count(path: str, answer: Body) -> int:
    if path == "funnel":
        return int(answer["steps"][0]["count"])
    parts = {"scores": "scores", "over-time": "buckets", "breakdown": "items"}[path]
    return sum(one["count"] for one in answer[parts])


async def _raw(rows: Any, path: str, body: Body) -> float | None:
    """The same asked of the answers themselves, as one would who writes one pipeline; None where it gave up."""
    began = time.perf_counter()
    try:
        cursor = rows[store.RESPONSES].aggregate(_pipeline(path, body), allowDiskUse=True, maxTimeMS=RAW_SECONDS * 1000)
        await cursor.to_list(None)
    except ExecutionTimeout:
        return None
    return round(time.perf_counter() - began, 3)


def _pipeline(path: str, body: Body) -> list[Body]:
    begins = datetime.fromisoformat(body["first_day"]).replace(tzinfo=UTC)
    ends = datetime.fromisoformat(body["last_day"]).replace(tzinfo=UTC) + timedelta(days=1)
    asked: Body = {"answered_at": {"$gte": begins, "$lt": ends}, "metric": "nps"}
    asked |= {"provisional": False, "suspected_automatic": False}
    if "campaign_id" in body:
        asked["campaign_id"] = body["campaign_id"]
    stages: list[Body] = [{"$match": asked}]
    if body.get("answers") != "every":
        newest = {"sortBy": {"answered_at": -1}, "output": "$$ROOT"}
        stages += [
            {"$group": {"_id": "$customer_id", "last": {"$top": newest}}},
            {"$replaceRoot": {"newRoot": "$last"}},
        ]
    if "filter" in body:
        stages.append({"$match": filters.parse(body["filter"], FIGURE_FIELDS).query()})
    return [*stages, {"$group": {"_id": _group(path, body), "count": {"$sum": 1}}}]


def _group(path: str, body: Body) -> Body:
    if path == "over-time":
        return {"score": "$score", "at": {"$dateTrunc": {"date": "$answered_at", "unit": body["unit"]}}}
    if path == "breakdown":
        return {"score": "$score", "by": f"${FIELDS.get(body['by'], 'attributes.' + body['by'])}"}
    return {"score": "$score"}


async def _size(rows: Any, name: str) -> Body:
    stats = await rows.command("collStats", name)
    return {"documents_mb": round(stats["storageSize"] / 1e6), "indexes_mb": round(stats["totalIndexSize"] / 1e6)}
