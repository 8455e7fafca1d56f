"""F23: ten times the usual syncs at once are all heard, while whoever edits and unsubscribes is answered soon."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sounding_contracts import topics

from benchmarks.imports import is_ready
from benchmarks.processes import Memory, running, service
from deploy.local.ports import free_port
from tests.deployment import API_KEY, KEY, Deployment, sync_body
from tests.profile.test_faults_of_imports import _environment
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.processes

USUAL, BURST = 300, 3000
SOON = 3.0
GROWTH_MB = 60
"""Less than this, whatever the burst: it is read piece by piece."""


@asynccontextmanager
async def _processes(deployment: Deployment, memory: Memory) -> AsyncIterator[httpx.AsyncClient]:
    """A profile as it is deployed, all roles in one process, and the outbox that it asks."""
    keys = json.dumps([{"id": API_KEY.id, "hash": API_KEY.hash, "scopes": sorted(API_KEY.scopes)}])
    port, asked = free_port(), free_port()
    outbox = f"http://127.0.0.1:{asked}"
    common = {**_environment(deployment), "SOUNDING_API_KEYS": keys, "SOUNDING_LOG_LEVEL": "warning"}
    ours = {**common, "SOUNDING_HTTP_PORT": str(port), "SOUNDING_PROFILE_OUTBOX_URL": outbox}
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        running(service("profile"), ours, memory),
        running(service("outbox", "http"), {**common, "SOUNDING_HTTP_PORT": str(asked)}),
        httpx.AsyncClient(base_url=outbox, timeout=PATIENCE_SECONDS) as other,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as profile,
    ):
        await eventually(lambda: is_ready(other), within=60)
        await eventually(lambda: is_ready(profile), within=60)
        yield profile


async def _told(deployment: Deployment, first: int, count: int) -> None:
    async with deployment.producer() as producer:
        for n in range(first, first + count):
            body = sync_body(subject=f"c-{n}", email=f"p{n}@example.com", first_name="Ada", tags=["vip"])
            await producer.send(deployment.name(topics.INTEGRATIONS_CUSTOMERS), key=b"c-%d" % n, value=body)
        await producer.flush()


async def _heard(profile: httpx.AsyncClient) -> int:
    counted = (await profile.post("/v1/customers/count", json={})).raise_for_status().json()
    return int(counted["count"])


async def _lag(profile: httpx.AsyncClient) -> float:
    lines = (await profile.get("/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("sounding_consumer_lag_records{"))


async def _waits(profile: httpx.AsyncClient, people: list[str], until: int) -> list[float]:
    """How long each edit and each no took to be answered, while not all was heard."""
    waits = list[float]()
    for n, person in enumerate(people):
        if await _heard(profile) >= until:
            break
        for method, path, body in (("PATCH", "", {"city": f"City {n}"}), ("POST", "/unsubscribe", {"note": "no"})):
            began = time.perf_counter()
            answer = await profile.request(method, f"/v1/customers/{person}{path}", json=body)
            waits.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
    return waits


async def test_f23_a_burst_of_syncs_is_heard_while_edits_and_unsubscribing_are_answered_soon(
    deployment: Deployment,
) -> None:
    memory = Memory()
    async with _processes(deployment, memory) as profile:
        await _told(deployment, 0, USUAL)
        await eventually(lambda: _is(profile, USUAL))
        people = [one["id"] for one in (await profile.get("/v1/customers", params={"limit": USUAL})).json()["items"]]
        before = memory.samples[-1][1]

        _, waits = await asyncio.gather(_told(deployment, USUAL, BURST), _waits(profile, people, until=USUAL + BURST))

        await eventually(lambda: _is(profile, USUAL + BURST), within=60)
        await eventually(lambda: _has_no_lag(profile))
        after = max(size for _, size in memory.samples)
    assert len(waits) >= 4
    assert max(waits) < SOON
    assert after - before < GROWTH_MB, f"{before:.0f} MB before, {after:.0f} MB at most"


async def _is(profile: httpx.AsyncClient, count: int) -> bool:
    return await _heard(profile) == count


async def _has_no_lag(profile: httpx.AsyncClient) -> bool:
    return await _lag(profile) == 0
