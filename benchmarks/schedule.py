"""The next survey: calls a second, a campaign's edit over all customers, and claims a second by 1, 2 and 4 processes.

The edit moves every date, and is measured until the last event of it is published; beside it, on the same customers,
a bare pass that reads each and writes one field, in one process with majority and journal and nothing else.
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sounding_contracts import topics

from benchmarks import machine
from benchmarks.company import Company, fill, people, somewhere, start
from benchmarks.processes import running, say, service, settings
from benchmarks.report import Report
from chassis import freshness
from chassis.mongo import UpdateOne
from deploy.local import resolve
from deploy.local.ports import free_port
from services.scheduler import store
from services.scheduler.commands import campaigns
from services.scheduler.domain.next_survey import next_survey
from services.scheduler.views.news import STREAMS

PARTS = ("pure", "recompute", "claim")
TARGETS = {"recompute_vs_bulk_pass": 4.0, "claim_4p_vs_1p": 2.0}
BATCH, LOOKS, TICKS = 1000, 0.05, os.sysconf("SC_CLK_TCK")

Measured = dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=1_000_000, help="of the campaign that is edited")
    parser.add_argument("--due", type=int, default=100_000, help="customers due at once")
    parser.add_argument("--calls", type=int, default=100_000, help="of the pure function")
    parser.add_argument("--processes", type=int, nargs="+", default=(1, 2, 4), help="how many claim, in turns")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these")


async def run(
    *, customers: int, due: int, calls: int, processes: Sequence[int] = (1, 2, 4), parts: Sequence[str] = PARTS
) -> Report:
    """Measure each part in a place of its own."""
    results: Measured = {"customers": customers, "due": due}
    with resolve.infrastructure(None, report=say) as at:
        if "pure" in parts:
            async with somewhere(at.kafka, at.mongodb, tells=False) as company:
                results["pure"] = await _pure(company, calls)
        if "recompute" in parts:
            async with somewhere(at.kafka, at.mongodb) as company:
                results["recompute"] = await _recomputed(company, customers)
        for count in processes if "claim" in parts else ():
            async with somewhere(at.kafka, at.mongodb, tells=False) as company:
                results.setdefault("claim", {})[f"{count}p"] = await _claimed(company, due, count)
    return Report(results, _ratios(results), TARGETS)


def _ratios(results: Measured) -> dict[str, float]:
    ratios, claim = {}, results.get("claim", {})
    if "recompute" in results:
        found = results["recompute"]
        ratios["recompute_vs_bulk_pass"] = round(found["seconds"] / found["bulk_pass_seconds"], 3)
    if {"1p", "4p"} <= set(claim):
        ratios["claim_4p_vs_1p"] = round(claim["4p"]["per_second"] / claim["1p"]["per_second"], 3)
    return ratios


async def _pure(company: Company, calls: int) -> Measured:
    """Three campaigns and a window; customers with and without a past."""
    now = _now()
    for id_ in ("nps", "ces", "csat"):
        await start(company, id_, now, send_window={"weekdays": [1, 2, 3, 4, 5], "from_minute": 540, "to_minute": 1020})
    reader = store.Outside(company.database)
    rules, campaigns_ = await store.rules(reader), await store.running(reader, now)
    who = list(people(min(calls, 10_000), now))
    began = time.process_time()
    for number in range(calls):
        next_survey(who[number % len(who)], campaigns_, rules, now)
    return {"calls": calls, "campaigns": 3, "per_second": round(calls / (time.process_time() - began))}


async def _recomputed(company: Company, customers: int) -> Measured:
    await start(company, "nps", _now() - timedelta(days=500))
    say(f"filling in {customers:,} customers")
    await fill(company, people(customers, _now()), _now())
    bare = [await _seconds(lambda n=number: _bulk_pass(company, n)) for number in (1, 2)]  # type: ignore[misc]
    async with _schedulers(company, 2, "jobs:recalculate", "relay") as spent:
        began, before = time.perf_counter(), await spent()
        await _edit(company)
        await _until(lambda: _all_looked_at(company))
        computed = time.perf_counter() - began
        await _until(lambda: _nothing_pending(company))
        seconds, after = time.perf_counter() - began, await spent()
    say(f"recomputed and told in {seconds:.1f} s, a bare pass takes {min(bare):.1f} s (load {machine.load()})")
    return {
        "seconds": round(seconds, 2),
        "computed_seconds": round(computed, 2),
        "bulk_pass_seconds": round(sum(bare) / 2, 2),
        "per_second": round(customers / seconds),
        "cpu_seconds": _between(before, after),
        "exact": await _all_moved(company, customers),
    }


async def _edit(company: Company) -> None:
    values = {"schedule": {"first_after_days": 2, "every_days": 91}}
    await company.database.transact(
        lambda tx: campaigns.edit_campaign(tx, "nps", values, expected_seq=None, now=_now())
    )


async def _bulk_pass(company: Company, number: int) -> None:
    """Read all, write one field of each."""
    rows = company.database.collection(store.CUSTOMERS)
    part: list[UpdateOne] = []
    async for row in rows.find({}, batch_size=BATCH):
        part.append(UpdateOne({"_id": row["_id"]}, {"$set": {"touched": number}}))
        if len(part) == BATCH:
            await rows.bulk_write(part)
            part = []
    if part:
        await rows.bulk_write(part)


async def _all_moved(company: Company, customers: int) -> bool:
    """Each customer's date was told once more, under the next seq, and none was left."""
    moved = await company.database.collection(store.CUSTOMERS).count_documents({"seq": 2, "next.at": {"$ne": None}})
    if moved != customers:
        msg = f"not exact: {moved} of {customers} dates moved"
        raise RuntimeError(msg)
    return True


async def _claimed(company: Company, due: int, processes: int) -> Measured:
    """All due at one moment, when the processes have been idle for a while."""
    await start(company, "nps", _now())
    await fill(company, people(due, _now() + timedelta(days=1), surveyed=0, added=timedelta(days=0)), _now())
    customers, looks = (company.database.collection(name) for name in (store.CUSTOMERS, store.LOOKS))
    async with _schedulers(company, processes, "jobs:due") as spent:
        moment = _now() + timedelta(seconds=2 + due / 2500)
        await customers.update_many({}, {"$set": {"profile.created_at": _now() - timedelta(days=3)}})
        await looks.update_many({}, {"$set": {"at": moment}})
        late = max(0.0, (_now() - moment).total_seconds())
        before = await spent()
        await asyncio.sleep(max(0.0, (moment - _now()).total_seconds()))
        began = time.perf_counter() - late
        await _until(lambda: _all_claimed(company, due))
        seconds, after = time.perf_counter() - began, await spent()
    say(f"{processes} claim {round(due / seconds):,} a second (load {machine.load()})")
    return {
        "per_second": round(due / seconds),
        "seconds": round(seconds, 2),
        "cpu_seconds": _between(before, after),
        "exact": await _each_once(company, due),
    }


async def _each_once(company: Company, due: int) -> bool:
    """One occurrence and one request for each customer."""
    pending = company.database.collection("_pending")
    query = {"topic": topics.SCHEDULER_DISPATCH_REQUESTS.name}
    asked = await pending.count_documents(query)
    whom = len(await pending.distinct("partition_key", query)) if due <= 100_000 else asked
    if asked != due or whom != due:
        msg = f"not exact: {asked} requests for {whom} of {due} customers"
        raise RuntimeError(msg)
    return True


@asynccontextmanager
async def _schedulers(company: Company, count: int, *roles: str) -> AsyncIterator[Callable[[], Awaitable[Measured]]]:
    """Processes that run; calling what is given tells the processor seconds that they and mongod have used."""
    for purpose in STREAMS:  # Nothing reads beside them: all that there is to know is known.
        await freshness.Notes(company.database, purpose).note(await company.database.now(), {0: 0}, {0: 0}, 1)
    async with AsyncExitStack() as stack:
        pids = []
        for _ in range(count):
            port = str(free_port())
            more = {"SOUNDING_HTTP_PORT": port, "SOUNDING_SCHEDULER_STALE_AFTER_SECONDS": "86400"}
            environment = settings(company.kafka, company.mongodb, company.prefix) | more
            started = await stack.enter_async_context(running(service("scheduler", *roles), environment))
            pids.append(started.pid)
            await _until(lambda port=port: _answers(port))  # type: ignore[misc]

        async def spent() -> Measured:
            status = await company.client.admin.command("serverStatus", metrics=0, repl=0)
            mongod = status["extra_info"]
            used = (mongod["user_time_us"] + mongod["system_time_us"]) / 1e6
            return {"schedulers": sum(map(_cpu, pids)), "mongod": used}

        yield spent


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _between(before: Measured, after: Measured) -> Measured:
    return {name: round(after[name] - before[name], 1) for name in before}


async def _answers(port: str) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}/health/live")).is_success
    except httpx.TransportError:
        return False


async def _all_looked_at(company: Company) -> bool:
    return not await store.outdated_ids(company.database, 1)


async def _nothing_pending(company: Company) -> bool:
    return await company.database.collection("_pending").find_one({}, {"_id": 1}) is None


async def _all_claimed(company: Company, due: int) -> bool:
    """Counted exactly only at the end: the estimate has what is not committed yet."""
    rows = company.database.collection(store.OCCURRENCES)
    return await rows.estimated_document_count() >= due and await rows.count_documents({}) >= due


async def _seconds(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _until(holds: Callable[[], Awaitable[bool]], within: float = 3600) -> None:
    deadline = time.monotonic() + within
    while not await holds():
        if time.monotonic() > deadline:
            msg = "it took too long"
            raise RuntimeError(msg)
        await asyncio.sleep(LOOKS)


def _now() -> datetime:
    now = datetime.now(UTC)  # noqa: TID251 - no service's clock
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
