"""Kill -9 of a process that imports, taken over by another: each row once, and the report adds up."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment, payloads
from tests.house import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.processes

ROWS, PART = 240, 2048


def _environment(deployment: Deployment) -> dict[str, str]:
    settings = deployment.settings
    return {
        "SOUNDING_KAFKA": settings.kafka,
        "SOUNDING_MONGODB": settings.mongodb.get_secret_value(),
        "SOUNDING_TOPIC_PREFIX": settings.topic_prefix,
        "SOUNDING_DATABASE_PREFIX": settings.database_prefix,
        "SOUNDING_HTTP_PORT": "0",
        "SOUNDING_SIGNING_KEYS": json.dumps([key.get_secret_value() for key in settings.signing_keys]),
    }


async def _process(deployment: Deployment, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "tests.profile.import_process", *words],
        cwd=ROOT,
        env={**os.environ, **_environment(deployment)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _started(profile: httpx.AsyncClient) -> str:
    """An import of many pieces that waits for somebody to do it."""
    lines = ["email,first_name,seats", *(f"p{number}@example.com,Ada,{number}" for number in range(ROWS))]
    content = "\n".join([*lines, "nobody,Eve,1"]).encode()
    begun = (await profile.post("/v1/imports", json={"file_name": "people.csv"})).json()
    path = f"/v1/imports/{begun['id']}"
    for number, start in enumerate(range(0, len(content), PART)):
        (await profile.put(f"{path}/parts/{number}", content=content[start : start + PART])).raise_for_status()
    body = {"columns": ["email", "first_name", "properties.seats"]}
    (await profile.post(f"{path}/start", json=body)).raise_for_status()
    return path


async def _killed_and_followed(deployment: Deployment, profile: httpx.AsyncClient, *words: str) -> tuple[int, ...]:
    """What the report says in the end: rows, created, changed, unchanged, refused."""
    path = await _started(profile)
    first = await _process(deployment, *words)
    assert await asyncio.wait_for(first.wait(), 60) == -signal.SIGKILL
    second = await _process(deployment)

    async def ended() -> dict[str, Any]:
        found: dict[str, Any] = (await profile.get(path)).json()
        return found if found["state"] != "running" else {}

    try:
        done = await eventually(ended, within=100)
    finally:
        second.terminate()
        await second.wait()
    return tuple(done[name] for name in ("row", "created", "changed", "unchanged", "refused"))


@pytest.mark.parametrize(("point", "pieces"), [("before-commit", "2"), ("after-commit", "1")])
async def test_whoever_takes_over_imports_each_row_once(deployment: Deployment, point: str, pieces: str) -> None:
    async with deployment.client(build(Settings(chassis=deployment.settings)), "relay") as profile:
        report = await _killed_and_followed(deployment, profile, "--die", point, "--pieces", pieces)

        assert report == (ROWS + 2, ROWS, 0, 0, 1)

        async def told() -> Counter[str]:
            events = await deployment.events(topics.PROFILE_CUSTOMERS)
            found = Counter(customer.email for customer in payloads(events))
            return found if len(found) == ROWS else Counter()

        assert set((await eventually(told)).values()) == {1}


async def test_with_progress_stored_apart_the_report_does_not_add_up(deployment: Deployment) -> None:
    async with deployment.client(build(Settings(chassis=deployment.settings)), "relay") as profile:
        report = await _killed_and_followed(deployment, profile, "--die", "after-commit", "--wrong")

    assert report != (ROWS + 2, ROWS, 0, 0, 1)
