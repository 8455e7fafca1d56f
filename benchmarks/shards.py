"""Which operations of MongoDB would go to one shard and which to all: asked of mongod's profiler while surveys run.

No mongos is needed: an operation goes to one shard where its query pins the shard key, and to all where it does not. Beside
what customers cause stands what idle services ask each second.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from benchmarks import latency
from benchmarks.processes import say
from benchmarks.report import Report
from chassis import consumer, pending
from services.feedback.store import collections as feedback
from services.outbox.store import collections as outbox
from services.profile.store import collections as profile
from services.scheduler.store import collections as scheduler

PROFILE, PROFILE_BYTES = "system.profile", 256_000_000
Query = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """By which field a collection is divided; `ranged` where neighbours lie together, so that a range asks few shards."""

    field: str = "_id"
    ranged: bool = False


HASHED, OF_CUSTOMER, RANGED = Key(), Key("customer_id"), Key(ranged=True)
PLUMBING = {consumer.INBOX: HASHED, pending.COLLECTION: RANGED}
KEYS: dict[str, dict[str, Key]] = {
    "profile": {
        **PLUMBING,
        **{name: Key(by) for name, by in profile.HOLDS.items()},
        **dict.fromkeys((profile.ANSWERS, profile.RECORDS), HASHED),
    },
    "scheduler": {
        **PLUMBING,
        **{name: Key(by) for name, by in scheduler.HOLDS.items()},
        **dict.fromkeys((scheduler.ANSWERS, scheduler.RECORDS), HASHED),
    },
    "outbox": {
        **PLUMBING,
        **dict.fromkeys((outbox.DISPATCHES, outbox.GATES, outbox.RECIPIENTS, outbox.LINKS), HASHED),
        outbox.TOUCHES: Key("dispatch_id"),
        outbox.BOUNCES: Key("dispatch_id"),
        outbox.CONSENTS: OF_CUSTOMER,
    },
    "feedback": {
        **PLUMBING,
        **dict.fromkeys(
            (feedback.RESPONSES, feedback.DISPATCHES, feedback.CUSTOMERS, feedback.IDENTITIES, feedback.PEOPLE), HASHED
        ),
        **dict.fromkeys((feedback.COLUMNS, feedback.TO_COUNT), HASHED),
    },
}
"""What grows with customers, by service. All else is small and would stay on one shard undivided."""


@dataclass
class Tally:
    """Operations on divided collections, by service and collection."""

    one: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    """Those that go to all shards: the collection, what is done, and the fields of the query."""

    def add(self, service: str, entry: Query) -> None:
        """Count one entry of a profiler."""
        collection = str(entry["ns"]).split(".", 1)[1]
        key = KEYS[service].get(collection)
        if key is None:
            return
        name = f"{service}.{collection}"
        if entry["op"] == "insert":
            self.one[name] += entry.get("ninserted", 1)
        elif (query := _query(entry)) is not None:
            if pins(query, key):
                self.one[name] += 1
            else:
                self.all[name] += 1
                self.shapes[f"{name} {_what(entry)} {', '.join(sorted(_fields(query))) or 'everything'}"] += 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--idle-seconds", type=float, default=20)


async def run(*, customers: int, idle_seconds: float) -> Report:
    """Survey customers with the profilers on, after a while of idleness with them on."""
    async with latency.open_house() as house:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(house.mongodb)
        await latency.start_campaign(house)
        say("idle")
        await watch(client)
        await asyncio.sleep(idle_seconds)
        idle = await tally(client)
        say("surveys")
        await watch(client)
        began = time.perf_counter()
        await latency.survey(house, [f"person{number}@example.com" for number in range(customers)])
        seconds = time.perf_counter() - began
        busy = await tally(client)
        client.close()
    return _report(customers, idle, idle_seconds, busy, seconds)


def _report(customers: int, idle: Tally, idle_seconds: float, busy: Tally, seconds: float) -> Report:
    def caused(name: str, counts: Counter[str], at_rest: Counter[str]) -> float:
        return round(max(0.0, counts[name] - at_rest[name] / idle_seconds * seconds) / customers, 2)

    names = sorted(busy.one.keys() | busy.all.keys())
    results = {
        "customers": customers,
        "per_customer": {
            name: {"one_shard": caused(name, busy.one, idle.one), "all_shards": caused(name, busy.all, idle.all)}
            for name in names
        },
        "all_shards_per_customer": {
            shape: each for shape in sorted(busy.shapes) if (each := caused(shape, busy.shapes, idle.shapes)) >= 0.05
        },
        "all_shards_idle_per_second": {
            shape: round(count / idle_seconds, 2) for shape, count in sorted(idle.shapes.items())
        },
    }
    one, of_all = (sum(each[to] for each in results["per_customer"].values()) for to in ("one_shard", "all_shards"))  # type: ignore[attr-defined]
    return Report(results, {"one_shard": round(one / (one + of_all), 4)})


async def _databases(client: AsyncIOMotorClient[dict[str, Any]]) -> list[tuple[str, str]]:
    """The services' databases: service and name."""
    names = await client.list_database_names()
    return [(service, name) for service in KEYS for name in names if name == f"{latency.PREFIX}_{service}"]


async def watch(client: AsyncIOMotorClient[dict[str, Any]]) -> None:
    """Have the profilers note every operation from now on."""
    for _, name in await _databases(client):
        await client[name].command("profile", 0)
        await client[name].drop_collection(PROFILE)
        await client[name].create_collection(PROFILE, capped=True, size=PROFILE_BYTES)
        await client[name].command("profile", 2)


async def tally(client: AsyncIOMotorClient[dict[str, Any]]) -> Tally:
    """Stop the profilers, and count what they have seen."""
    found = Tally()
    for service, name in await _databases(client):
        await client[name].command("profile", 0)
        async for entry in client[name][PROFILE].find():
            found.add(service, entry)
    return found


def pins(query: Query, key: Key) -> bool:
    """Whether a query says by its shard key where it must be answered; of many keys, each is asked where it lies."""
    if "$and" in query and any(pins(part, key) for part in query["$and"]):
        return True
    if "$or" in query and all(pins(part, key) for part in query["$or"]):
        return True
    if key.field not in query:
        return False
    wanted = query[key.field]
    if not isinstance(wanted, Mapping) or not any(name.startswith("$") for name in wanted):
        return True
    return bool(wanted.keys() & ({"$eq", "$in", "$gt", "$gte", "$lt", "$lte"} if key.ranged else {"$eq", "$in"}))


def _query(entry: Query) -> Query | None:
    """What an operation looks for; None where it is none of its own, or the profiler has cut it."""
    command = entry.get("command", {})
    if entry["op"] == "getmore" or "$truncated" in command:
        return None
    if "aggregate" in command:
        first = command["pipeline"][0] if command["pipeline"] else {}
        found: Query = first.get("$match", {})
        return found
    for name in ("filter", "query", "q"):
        if name in command:
            return dict(command[name])
    return {} if entry["op"] == "query" or "count" in command or "distinct" in command else None


def _what(entry: Query) -> str:
    """What is done, by MongoDB's name for it."""
    command = entry.get("command", {})
    names = ("find", "findAndModify", "aggregate", "count", "distinct")
    return next((name for name in names if name in command), str(entry["op"]))


def _fields(query: Query) -> Iterator[str]:
    for name, wanted in query.items():
        if name in {"$and", "$or", "$nor"}:
            for part in wanted:
                yield from _fields(part)
        else:
            yield name
