"""Rows a second of a CSV import, beside a bare csv reader that writes the same rows without any promise.

Whole way: the file is sent piece by piece over HTTP; each row is read, checked, typed, stored with its history and
published. What was stored and told is counted to the last row.
"""

import argparse
import csv
import io
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import httpx
from pydantic import SecretStr
from pymongo import UpdateOne, WriteConcern
from sounding_contracts import topics

from benchmarks import machine
from benchmarks.events import Place, somewhere
from benchmarks.groups import until
from benchmarks.people import HEADER, people
from benchmarks.processes import Memory, running, say, service, settings
from benchmarks.report import Report
from chassis import auth
from chassis import topics as topic_commands
from chassis.settings import ChassisSettings
from deploy.local import resolve
from deploy.local.ports import free_port

PART, BATCH = 256 * 1024, 2000
WAYS = ("bare_import", "profile")
TARGETS = {"vs_bare_import": 0.5}
PROPERTIES = ("plan", "seats", "renewed", "signed_up")

Measured = dict[str, Any]
Way = Callable[[Place, int], Awaitable[Measured]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2, help="each way is measured so often, in turns; medians count")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="only these")


async def run(*, rows: int, rounds: int, ways: Sequence[str] = WAYS) -> Report:
    """Measure each way in turns, and compare the medians."""
    all_ways: dict[str, Way] = {"bare_import": _bare, "profile": _profile}
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    with resolve.infrastructure(None, report=say) as at:
        for number in range(rounds):
            for name in ways:
                busy = machine.load()
                async with somewhere(at.kafka, at.mongodb) as place:
                    measured = await all_ways[name](place, rows)
                found[name].append({**measured, "load": busy})
                say(f"{name}, {number + 1} of {rounds}: {measured['per_second']:,} rows/s (load {busy})")
    median = {name: statistics.median(one["per_second"] for one in each) for name, each in found.items()}
    whole = set(WAYS) <= set(median)
    ratios = {"vs_bare_import": round(median["profile"] / median["bare_import"], 3)} if whole else {}
    results = {"rows": rows, "rounds": rounds, "per_second": median, "each_round": found}
    return Report(results, ratios, TARGETS)


def _pieces(rows: int) -> Iterator[bytes]:
    """The file, made while it is sent: a million rows are never held."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    waiting = b""
    for person in people(rows):
        writer.writerow(person.cells())
        if text.tell() > PART:
            waiting += text.getvalue().encode()
            text.seek(0)
            text.truncate()
            while len(waiting) >= PART:
                yield waiting[:PART]
                waiting = waiting[PART:]
    waiting += text.getvalue().encode()
    for start in range(0, len(waiting), PART):
        yield waiting[start : start + PART]


async def _bare(place: Place, rows: int) -> Measured:
    """Nothing checked, no type, no history, no event: read a row, upsert it by its address."""
    content = b"".join(_pieces(rows)).decode()
    docs = place.database.get_collection("bare", write_concern=WriteConcern("majority", j=True))
    began = time.perf_counter()
    reader = csv.DictReader(io.StringIO(content, newline=""))
    while batch := [_upsert(row) for row in islice(reader, BATCH)]:
        await docs.bulk_write(batch, ordered=False)
    return _rate(rows, time.perf_counter() - began)


def _upsert(row: dict[str, Any]) -> UpdateOne:
    properties = {name: row.pop(name) for name in PROPERTIES}
    row["tags"] = [tag.strip() for tag in row["tags"].split(";") if tag]
    return UpdateOne({"_id": row["email"]}, {"$set": {**row, "properties": properties}}, upsert=True)


async def _profile(place: Place, rows: int) -> Measured:
    """The service as it is deployed, all roles in one process."""
    text, key = auth.make_key("benchmark", ["*"])
    keys = json.dumps([{"id": key.id, "hash": key.hash, "scopes": sorted(key.scopes)}])
    port, memory = free_port(), Memory()
    more = {"SOUNDING_API_KEYS": keys, "SOUNDING_HTTP_PORT": str(port)}
    environment = settings(place.kafka, place.mongodb, place.prefix, **more)
    chassis = ChassisSettings(kafka=place.kafka, mongodb=SecretStr(place.mongodb), topic_prefix=f"{place.prefix}-")
    await topic_commands.create(chassis, topics.ALL, replicas=1)
    headers = {"Authorization": f"Bearer {text}"}
    async with (
        running(service("profile"), environment, memory),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client,
    ):
        await until(lambda: is_ready(client), "profile is not ready", pause=0.2)
        sent, began, done = await _import(client, rows)
        told = await until(lambda: _is_told(place), "not all was published")
        await _check(place, client, rows)
    return {
        **_rate(rows, done - began),
        "with_upload_per_second": round(rows / (done - sent)),
        "until_published_per_second": round(rows / (told - began)),
        "exact": True,
        "memory": memory.report(began, done),
    }


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def _import(client: httpx.AsyncClient, rows: int) -> tuple[float, float, float]:
    """When the first piece was sent, when the import was let run, when it had ended."""
    import_ = (await client.post("/v1/imports", json={"file_name": "people.csv"})).raise_for_status().json()
    path = f"/v1/imports/{import_['id']}"
    sent = time.perf_counter()
    for number, piece in enumerate(_pieces(rows)):
        (await client.put(f"{path}/parts/{number}", content=piece)).raise_for_status()
    columns = [f"properties.{name}" if name in PROPERTIES else name for name in HEADER]
    began = time.perf_counter()
    (await client.post(f"{path}/start", json={"columns": columns})).raise_for_status()

    async def has_ended() -> bool:
        return bool((await client.get(path)).json()["state"] != "running")

    return sent, began, await until(has_ended, "the import does not end", pause=0.1)


async def _is_told(place: Place) -> bool:
    return await place.database["_pending"].find_one({}, {"_id": 1}) is None


async def _check(place: Place, client: httpx.AsyncClient, rows: int) -> None:
    """Every row made a customer, none was refused. Raises."""
    (import_,) = (await client.get("/v1/imports")).json()["items"]
    found = (import_["state"], import_["created"], import_["refused"])
    stored = await place.database["customers"].count_documents({})
    if found != ("done", rows, 0) or stored != rows:
        msg = f"not exact: {found} with {stored} customers of {rows} rows; {import_['reason']}"
        raise RuntimeError(msg)


def _rate(rows: int, seconds: float) -> Measured:
    return {"per_second": round(rows / seconds), "seconds": round(seconds, 2)}
