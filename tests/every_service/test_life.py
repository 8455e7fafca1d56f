"""How every service starts, whole or a part of it; what it does with a bad record; how it ends."""

import asyncio
import json
import os
import signal
import sys

import httpx
import pytest

from chassis.service import ROLES
from deploy.local.ports import free_port
from tests.deployment import KEY, Deployment
from tests.every_service.conftest import built
from tests.house import ROOT
from tests.waiting import PATIENCE_SECONDS, eventually


@pytest.mark.usefixtures("made_topics")
async def test_a_record_that_cannot_be_read_is_put_aside_shown_and_discarded(deployment: Deployment, name: str) -> None:
    service = built(name, deployment)
    topic = service.streams.subscriptions[0].topic
    await deployment.publish_raw(topic, b"{no JSON")

    async with deployment.client(service, "streams") as client:

        async def letters() -> list[dict[str, object]]:
            found: list[dict[str, object]] = (await client.get("/v1/dead-letters")).json()["items"]
            return found

        [letter] = await eventually(letters)
        shown = (await client.get(f"/v1/dead-letters/{letter['id']}")).json()
        refused = await client.post(f"/v1/dead-letters/{letter['id']}/replay")
        discarded = await client.post(f"/v1/dead-letters/{letter['id']}/discard")

        assert "{no JSON" in json.dumps(shown)
        assert refused.status_code in {409, 422}
        assert (discarded.status_code, await letters()) == (200, [])
        assert (await client.get("/health/ready")).json()["faults"] == {}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("made_topics")
async def test_one_role_runs_alone(deployment: Deployment, name: str, role: str) -> None:
    async with deployment.client(built(name, deployment), role) as client:
        assert (await client.get("/health/ready")).json() == {"ready": True, "faults": {}}


@pytest.mark.usefixtures("made_topics")
async def test_the_command_starts_it_and_sigterm_ends_it_in_order(deployment: Deployment, name: str) -> None:
    # One of them as the relay alone: what a role is made of is tested above, here that the command knows of it.
    only = ("--only", "relay") if name == "profile" else ()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "sounding", "run", name, *only],
        cwd=ROOT,
        env={**os.environ, **_environment(deployment), "SOUNDING_HTTP_PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    await eventually(lambda: _ready(port))

    process.send_signal(signal.SIGTERM)

    output, _ = await asyncio.wait_for(process.communicate(), 30)
    said = [json.loads(line)["event"] for line in output.decode().splitlines()]
    assert process.returncode == 0
    assert said[-1] == "service.stopped", output.decode()
    assert KEY not in output.decode()


async def _ready(port: int) -> bool:
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:
            return (await client.get("/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


def _environment(deployment: Deployment) -> dict[str, str]:
    settings = deployment.settings
    keys = [{"id": key.id, "hash": key.hash, "scopes": sorted(key.scopes)} for key in settings.api_keys]
    return {
        "SOUNDING_KAFKA": settings.kafka,
        "SOUNDING_MONGODB": settings.mongodb.get_secret_value(),
        "SOUNDING_TOPIC_PREFIX": settings.topic_prefix,
        "SOUNDING_DATABASE_PREFIX": settings.database_prefix,
        "SOUNDING_API_KEYS": json.dumps(keys),
        "SOUNDING_SIGNING_KEYS": json.dumps([key.get_secret_value() for key in settings.signing_keys]),
    }
