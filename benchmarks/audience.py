"""Audiences counted while a person builds them, each with five customers who match: what an index has, and what none has."""

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks import machine
from benchmarks.company import AUDIENCE, Company, fill, people, somewhere
from benchmarks.processes import say
from benchmarks.report import Report, percentiles
from deploy.local import resolve
from services.scheduler.views import audiences as views

TARGETS = {"p95_s": 0.3}
AGO: dict[str, Any] = {"field": "last_survey_at", "op": "lt", "value": {"days_ago": 70}}
TEAM: dict[str, Any] = {"field": "tags", "op": "has", "value": "team-7"}
INDEXED: dict[str, dict[str, Any]] = {
    "a tag of everyone": AUDIENCE,
    "a rare tag": TEAM,
    "last survey": AGO,
    "a tag and last survey": {"all": [TEAM, AGO]},
    "when added": {"field": "created_at", "op": "gt", "value": {"days_ago": 30}},
    "source": {"field": "source", "op": "eq", "value": "crm"},
}
OTHER: dict[str, dict[str, Any]] = {
    "a property": {"field": "properties.seats", "op": "gt", "value": 40},
    "a part of a name": {"field": "company", "op": "contains", "value": "pany 9"},
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--counts", type=int, default=20, help="how often each is counted")


async def run(*, customers: int, counts: int) -> Report:
    """Measure each audience; the ratio is the worst p95 of those whose clauses an index has."""
    now = datetime.now(UTC)  # noqa: TID251 - no service's clock
    with resolve.infrastructure(None, report=say, cache_gb=machine.cache_gb()) as at:
        async with somewhere(at.kafka, at.mongodb, tells=False) as company:
            say(f"filling in {customers:,} customers")
            await fill(company, people(customers, now), now)
            say(f"counting (load {machine.load()})")
            indexed = {name: await _counted(company, tree, now, counts) for name, tree in INDEXED.items()}
            other = {name: await _counted(company, tree, now, counts) for name, tree in OTHER.items()}
    worst = max(found["p95"] for found in indexed.values())
    return Report({"customers": customers, "indexed": indexed, "other": other}, {"p95_s": worst}, TARGETS)


async def _counted(company: Company, tree: dict[str, Any], now: datetime, counts: int) -> dict[str, Any]:
    seconds, found = list[float](), None
    for _ in range(counts):
        began = time.perf_counter()
        found = await views.count(company.database, tree, now)
        seconds.append(time.perf_counter() - began)
    return percentiles(seconds) | ({"count": found.count, "exact": found.exact} if found else {})
