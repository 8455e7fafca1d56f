"""The benchmarks run, with numbers too small to mean anything, and notice what is not exact."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from benchmarks import events, latency, report, scale, shards
from benchmarks.events import Load, Place
from chassis.mongo import Document
from services.profile import store
from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment
from tests.infrastructure import Shared
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(600)
"""A benchmark starts a house of its own, beside all other tests."""
FEW = Load.of(60, 40)


def _run(infrastructure: Shared, *arguments: str) -> dict[str, Any]:
    where = {"SOUNDING_KAFKA": infrastructure.kafka, "SOUNDING_MONGODB": infrastructure.mongodb}
    program = [sys.executable, "-m", "benchmarks", *arguments, "--json"]
    # What it says of its progress goes where pytest shows it, also when its time is over.
    done = subprocess.run(program, env={**os.environ, **where}, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_syncs_are_measured_and_compared(infrastructure: Shared) -> None:
    small = ("--events", "60", "--customers", "40", "--rounds", "1")
    found = _run(infrastructure, "sync", *small, "--ways", "bare_loop_1p", "profile_1p")

    assert found["name"] == "sync"
    assert found["machine"]["cores"] == os.cpu_count()
    rates, round_ = found["results"]["per_second"], found["results"]["each_round"]["profile_1p"][0]
    assert found["ratios"] == {"vs_bare_loop_1p": pytest.approx(rates["profile_1p"] / rates["bare_loop_1p"], rel=0.01)}
    assert round_["exact"] is True
    assert round_["until_published_per_second"] <= round_["per_second"]


def test_delivery_is_measured_and_compared(infrastructure: Shared) -> None:
    found = _run(infrastructure, "delivery", "--mails", "40", "--processes", "1")

    ours, bare = found["results"]["outbox_1p"], found["results"]["bare_loop"]
    assert ours["states"] == {"sent": 40}
    assert found["ratios"] == {"vs_bare_loop_1p": pytest.approx(ours["per_second"] / bare["per_second"], rel=0.05)}
    assert found["results"]["sink_limit"]["per_second"] > 0


def test_a_mail_that_came_twice_and_one_that_never_came_are_found() -> None:
    """Survey 1 came, 2 came twice, 3 is said to be sent and never came, 4 nobody knows of, 5 was left."""
    arrived = [(0.0, "c1@example.com"), (0.1, "c2@example.com"), (0.2, "c2@example.com")]
    states = {f"{number:032x}": "sent" for number in (1, 2, 3)} | {f"{4:032x}": "unknown", f"{5:032x}": "queued"}

    found = scale.fates(arrived, states)

    assert (found["arrived"], found["doubles"], found["losses"]) == (2, 1, 2)


def test_the_ledger_is_measured_and_its_figures_are_exact(infrastructure: Shared) -> None:
    found = _run(infrastructure, "ledger", "--records", "400")

    results = found["results"]
    assert (results["records"], results["exact"]) == (400, True)
    assert results["bytes_a_record"] > 0
    assert found["ratios"] == {"figures_s": results["figures_s"]["p95"]}


def test_latency_is_measured(infrastructure: Shared) -> None:
    found = _run(infrastructure, "latency", "--customers", "3")

    answered = found["results"]["answer_to_score_s"]
    assert found["ratios"] == {"p50_s": answered["p50"], "p99_s": answered["p99"]}
    assert 0 < answered["p50"] <= answered["p95"] <= answered["p99"]


def test_claims_are_measured_and_each_survey_asked_for_once(infrastructure: Shared) -> None:
    small = ("--due", "100", "--calls", "200", "--processes", "1", "--parts", "pure", "claim")
    results = _run(infrastructure, "schedule", *small)["results"]

    assert results["pure"]["per_second"] > 0
    assert results["claim"]["1p"]["exact"] is True


def test_the_edit_of_a_campaign_is_measured_to_its_last_event(infrastructure: Shared) -> None:
    found = _run(infrastructure, "schedule", "--customers", "200", "--parts", "recompute")

    assert found["results"]["recompute"]["exact"] is True
    assert set(found["ratios"]) == {"recompute_vs_bulk_pass"}


def test_audiences_are_counted(infrastructure: Shared) -> None:
    found = _run(infrastructure, "audience", "--customers", "100", "--counts", "1")

    assert found["results"]["indexed"]["a tag of everyone"]["count"] == 100
    assert found["ratios"]["p95_s"] > 0


HARMS: dict[str, tuple[str, Document | None]] = {
    "last name of": (store.CUSTOMERS, {"$set": {"fields.last_name": "Other"}}),
    "seats of": (store.CUSTOMERS, {"$set": {"properties.seats": -1}}),
    "last seq told": (store.CUSTOMERS, {"$inc": {"seq": 1}}),
    "customers": (store.CUSTOMERS, None),
    "events heard": ("_inbox", None),
}


async def test_what_is_lost_or_wrong_is_noticed(infrastructure: Shared) -> None:
    async with events.somewhere(infrastructure.kafka, infrastructure.mongodb) as place:
        await _hear(place)
        await events.check(place, FEW)
        for complaint, (collection, change) in HARMS.items():
            rows = place.database[collection]
            before = await rows.find_one({"_id": {"$regex": "^syncs"}} if collection == "_inbox" else {})
            await (rows.delete_one(before) if change is None else rows.update_one(before, change))
            with pytest.raises(RuntimeError, match=f"not exact, {complaint}"):
                await events.check(place, FEW)
            await rows.replace_one({"_id": before["_id"]}, before, upsert=True)


async def _hear(place: Place) -> None:
    """Let profile hear all events and tell of them."""
    deployment = Deployment(place.kafka, place.mongodb, f"{place.prefix}-", f"{place.prefix}_")
    service = deployment.opened(build(Settings(chassis=deployment.settings)))
    async with events.published(place, FEW) as commit, service.running(("streams", "relay")):
        commit()
        await eventually(lambda: _holds(place, "_inbox", {"_id": {"$regex": "^syncs"}}, len(FEW.records)), 30)
        await eventually(lambda: _holds(place, "_pending", {}, 0), 30)
    deployment.close()


async def _holds(place: Place, collection: str, query: Document, wanted: int) -> bool:
    return int(await place.database[collection].count_documents(query)) == wanted


def test_growth_is_the_slope_of_the_line_that_fits_best() -> None:
    assert report.slope([(0.0, 10.0), (1.0, 12.0), (2.0, 14.0)]) == pytest.approx(2)
    assert report.slope([(0.0, 10.0), (1.0, 10.0)]) == 0
    assert report.slope([(5.0, 10.0)]) == 0


def test_percentiles_are_values_that_were_measured() -> None:
    assert report.percentiles([float(number) for number in range(1, 201)]) == {"p50": 100, "p95": 190, "p99": 198}


def test_finding_customers_is_measured_beside_the_raw_find(infrastructure: Shared) -> None:
    found = _run(infrastructure, "customers", "--customers", "300", "--times", "1")

    queries, worst = found["results"]["queries"], found["results"]["worst"]
    assert len(queries) > 40
    assert found["ratios"] == {"p95_s": queries[worst]["http_s"]["p95"]}
    assert found["ratios"]["p95_s"] == max(one["http_s"]["p95"] for one in queries.values())
    assert queries["all"]["found_on_average"] == 50
    assert queries["search, a common name"]["found_on_average"] > 0


def test_imports_are_measured_to_the_last_row_and_compared(infrastructure: Shared) -> None:
    found = _run(infrastructure, "import", "--rows", "80", "--rounds", "1")

    rates, round_ = found["results"]["per_second"], found["results"]["each_round"]["profile"][0]
    assert found["ratios"] == {"vs_bare_import": pytest.approx(rates["profile"] / rates["bare_import"], abs=0.001)}
    assert round_["exact"] is True


def test_figures_are_measured_beside_the_raw_aggregation(infrastructure: Shared) -> None:
    found = _run(infrastructure, "dashboard", "--responses", "300", "--times", "1")

    results, queries = found["results"], found["results"]["queries"]
    assert results["days_counted_wrong"] == 0
    assert found["ratios"] == {"p95_s": queries[results["worst"]]["http_s"]["p95"]}
    assert found["ratios"]["p95_s"] == max(one["http_s"]["p95"] for one in queries.values())
    assert 0 < queries["scores, a year"]["counted"] < queries["scores, every answer, all three years"]["counted"]
    assert queries["scores, a year"]["raw_aggregation_s"] > 0


def test_answers_are_measured_to_the_last_one_and_compared(infrastructure: Shared) -> None:
    found = _run(infrastructure, "responses", "--posts", "60", "--at-once", "20", "--rounds", "1", "--samples", "3")

    results, rates = found["results"], found["results"]["per_second"]
    assert found["ratios"] == {"vs_bare_insert": pytest.approx(rates["feedback"] / rates["bare_insert"], abs=0.001)}
    assert results["exact"] is True
    assert 0 < results["seen_s"]["accepted"]["p50"] <= results["seen_s"]["profile"]["p99"]
    assert results["p99_s"]["feedback"] > 0


@pytest.mark.parametrize(
    ("query", "one_shard"),
    [
        ({"_id": "a"}, True),
        ({"_id": {"$in": ["a", "b"]}, "seq": {"$lt": 3}}, True),
        ({"$and": [{"seq": 1}, {"_id": "a"}]}, True),
        ({"$or": [{"_id": "a"}, {"_id": "b"}]}, True),
        ({"$or": [{"_id": "a"}, {"seq": 1}]}, False),
        ({"_id": {"$gt": "a"}}, False),
        ({"customer_id": "c"}, False),
        ({}, False),
    ],
)
def test_a_query_goes_to_one_shard_where_it_pins_the_key(query: Document, one_shard: bool) -> None:
    assert shards.pins(query, shards.HASHED) is one_shard


async def test_what_a_profiler_saw_is_told_by_where_it_would_go(infrastructure: Shared) -> None:
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(infrastructure.mongodb)
    database = client[f"{latency.PREFIX}_outbox"]
    await database["gates"].insert_one({"_id": "first"})
    await shards.watch(client)
    await database["gates"].insert_many([{"_id": "a"}, {"_id": "b"}])
    await database["gates"].find_one({"_id": "a"})
    await database["gates"].find_one_and_update({"_id": "a"}, {"$set": {"seq": 1}})
    await database["gates"].update_many({"seq": 1}, {"$inc": {"seq": 1}})
    await database["gates"].count_documents({"seq": 2})
    await database["_pending"].find({"_id": {"$gt": "a", "$lt": "b"}}).to_list(None)
    await database["brands"].find({}).to_list(None)
    found = await shards.tally(client)
    await client.drop_database(database.name)
    client.close()

    assert found.one == {"outbox.gates": 4, "outbox._pending": 1}
    assert found.shapes == {"outbox.gates update seq": 1, "outbox.gates aggregate seq": 1}
