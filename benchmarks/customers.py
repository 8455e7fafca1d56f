"""How long a person waits who looks for customers among a million: each query by the HTTP API, beside the raw find.

The customers are written by profile's own functions, as its handlers would leave them, only without the events.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from multiprocessing import get_context

import httpx
from pymongo import MongoClient, WriteConcern

from benchmarks import machine
from benchmarks.events import Place, somewhere
from benchmarks.groups import until
from benchmarks.imports import is_ready
from benchmarks.people import Person, people
from benchmarks.processes import running, say, service, settings
from benchmarks.queries import CAMPAIGNS, QUERIES, START, Body
from benchmarks.report import Report, percentiles
from chassis import auth
from chassis.ids import derived_id
from deploy.local import resolve
from deploy.local.ports import free_port
from services.profile import store
from services.profile.domain.customer import Customer, Stamp, Statement, hear
from services.profile.domain.finding import Order, look_for
from services.profile.events import customer_changed
from services.profile.schemas.customers import Wanted

TARGETS = {"p95_s": 0.1}
LIMIT, BATCH, RAW_TIMES = 50, 2000, 4
TEXTS = ("email", "first_name", "last_name", "company", "job_title", "city", "country", "language")
PROPERTIES = ("plan", "seats", "renewed", "signed_up")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="each query is asked so often")


async def run(*, customers: int, times: int) -> Report:
    """Seed, and ask."""
    with resolve.infrastructure(None, report=say, cache_gb=machine.cache_gb()) as at:
        async with somewhere(at.kafka, at.mongodb) as place:
            began = time.perf_counter()
            await _seed(place, customers)
            seeded = time.perf_counter() - began
            say(f"{customers:,} customers in {seeded:.0f} s")
            async with _profile(place) as client:
                found = {name: await _measure(place, client, name, times) for name in QUERIES}
            sizes = {name: await _size(place, name) for name in (store.CUSTOMERS, store.FINDING)}
    worst = max(found, key=lambda name: found[name]["http_s"]["p95"])
    results = {"customers": customers, "seeded_s": round(seeded), "worst": worst, "sizes": sizes, "queries": found}
    return Report(results, {"p95_s": found[worst]["http_s"]["p95"]}, TARGETS)


def seed_some(mongodb: str, database: str, first: int, count: int) -> None:
    """Customers and what is kept for finding them, as the handlers write both; in a process of its own."""
    with MongoClient[Body](mongodb, tz_aware=True) as client:
        rows = client.get_database(database, write_concern=WriteConcern("majority"))
        everyone = people(count, first)
        while some := list(islice(everyone, BATCH)):
            made = [_customer(person) for person in some]
            rows[store.CUSTOMERS].insert_many(
                [{**store.document_of(one), **_known(one.id)} for one in made], ordered=False
            )
            kept = [(one, store.finding_row(customer_changed(one))) for one in made]
            rows[store.FINDING].insert_many(
                [{"_id": one.id, "seq": one.seq, **(row or {})} for one, row in kept], ordered=False
            )


def _customer(person: Person) -> Customer:
    """As a sync event would have made it."""
    at = START + timedelta(seconds=17 * person.number)
    id_ = f"{int(at.timestamp() * 1000):012x}{derived_id('bench', person.number)[12:]}"
    source = "crm" if person.number % 3 else "shop"
    told = {name: getattr(person, name) or None for name in TEXTS}
    statement = Statement(
        stamp=Stamp(at, source, f"e{person.number}"),
        fields=told,
        properties={name: getattr(person, name) for name in PROPERTIES},
        add_tags=person.tags,
    )
    new = Customer(id=id_, source=source, created_at=at, changed_at=at)
    return replace(hear(new, statement, f"c-{person.number}"), seq=1)


def _known(id_: str) -> Body:
    """What other services have told of a customer: of a third a score, of most a next survey, of some that none goes."""
    chance = random.Random(id_)
    known: Body = {}
    if chance.random() < 0.6:
        at = START + timedelta(days=chance.randrange(900), seconds=chance.randrange(86_400))
        campaign = CAMPAIGNS[chance.randrange(5)]
        last = at - timedelta(days=90) if chance.random() < 0.5 else None
        known["next_survey"] = {
            "kind": "dated",
            "at": at,
            "campaign_id": campaign,
            "campaign_name": "NPS",
            "reason": "recurring",
            "held_by": [],
            "last_survey_at": last,
        }
    if chance.random() < 0.33:
        scores = [min(10, int(11 * chance.random() ** 0.5)) for _ in range(chance.randrange(1, 6))]
        known |= {"scores": scores, "last_score": scores[-1], "campaigns": [chance.choice(CAMPAIGNS)]}
    if chance.random() < 0.04:
        known["deliverability"] = {"status": chance.choice(("unsubscribed", "hard_bounced")), "evidence": None}
    return known


async def _seed(place: Place, customers: int) -> None:
    """In two processes, a few in this one; the indexes are made at the end, as fast as the server can."""
    loop, name = asyncio.get_running_loop(), place.database.name
    share = customers if customers <= BATCH else -(-customers // 2)
    with (
        ThreadPoolExecutor(1) if share == customers else ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool
    ):
        writing = [
            loop.run_in_executor(pool, seed_some, place.mongodb, name, first, min(share, customers - first))
            for first in range(0, customers, share)
        ]
        await asyncio.gather(*writing)
    say("indexes")
    for name in (store.CUSTOMERS, store.FINDING):
        await place.database[name].create_indexes(list(store.INDEXES[name]))


@asynccontextmanager
async def _profile(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    text, key = auth.make_key("benchmark", ["*"])
    keys = json.dumps([{"id": key.id, "hash": key.hash, "scopes": sorted(key.scopes)}])
    port, headers = free_port(), {"Authorization": f"Bearer {text}"}
    more = {"SOUNDING_API_KEYS": keys, "SOUNDING_HTTP_PORT": str(port)}
    async with (
        running(service("profile", "http"), settings(place.kafka, place.mongodb, place.prefix, **more)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client,
    ):
        await until(lambda: is_ready(client), "profile is not ready", pause=0.2)
        yield client


async def _measure(place: Place, client: httpx.AsyncClient, name: str, times: int) -> Body:
    """A query, each time with other values, by HTTP; and beside it what the store takes for the same."""
    chance, over_http, raw, count = random.Random(name), list[float](), list[float](), 0
    path = "count" if name.startswith("count") else "search"
    for number in range(times):
        body = QUERIES[name](chance)
        if path == "search":
            body = {"limit": LIMIT, **body}
        began = time.perf_counter()
        answer = (await client.post(f"/v1/customers/{path}", json=body)).raise_for_status().json()
        over_http.append(time.perf_counter() - began)
        count += answer["count"] if path == "count" else len(answer["items"])
        if number < RAW_TIMES:
            began = time.perf_counter()
            await _raw(place, body, path)
            raw.append(time.perf_counter() - began)
    found: Body = {
        "http_s": percentiles(over_http),
        "raw_find_s": percentiles(raw),
        "found_on_average": round(count / times, 1),
    }
    say(f"{name}: {found['http_s']['p95'] * 1000:.0f} ms, raw {found['raw_find_s']['p95'] * 1000:.0f} ms")
    return found


async def _raw(place: Place, body: Body, path: str) -> None:
    """The same asked of the store, as one would who writes one find."""
    wanted = Wanted.model_validate({name: body[name] for name in ("filter", "q", "sort") if name in body})
    query, order = wanted.parsed().query(), Order.of(wanted.sort)
    rows = place.database[store.CUSTOMERS]
    if wanted.q is not None:
        looked = look_for(wanted.q)
        rows, query = (
            place.database[store.FINDING],
            {"grams": {"$all": list(looked.grams)}, "text": {"$regex": looked.pattern}},
        )
    if path == "count":
        await rows.count_documents(query, limit=10_000)
        return
    if "after" in body:
        query = {"$and": [query, order.after(body["after"])]}
    direction = -1 if order.descending else 1
    await (
        rows.find(query)
        .sort([(one, direction) for one in dict.fromkeys((order.path, "_id"))])
        .limit(LIMIT)
        .to_list(None)
    )


async def _size(place: Place, name: str) -> Body:
    stats = await place.database.command("collStats", name)
    return {"documents_mb": round(stats["storageSize"] / 1e6), "indexes_mb": round(stats["totalIndexSize"] / 1e6)}
