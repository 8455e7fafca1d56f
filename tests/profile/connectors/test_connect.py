"""Getting people in from a database table's topic, from the command line."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka.admin import AdminClient

from tests.deployment import KEY, Deployment
from tests.house import ROOT
from tests.waiting import eventually


async def _sounding(deployment: Deployment, profile: httpx.AsyncClient, *arguments: str) -> tuple[int, str, str]:
    environment = {
        **os.environ,
        "SOUNDING_PROFILE_URL": str(profile.base_url),
        "SOUNDING_API_KEY": KEY,
        "SOUNDING_KAFKA": deployment.settings.kafka,
        "SOUNDING_MONGODB": deployment.settings.mongodb.get_secret_value(),
        "SOUNDING_TOPIC_PREFIX": deployment.settings.topic_prefix,
        "NO_COLOR": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sounding", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def _people(profile: httpx.AsyncClient) -> dict[str, Any]:
    return {one["email"]: one for one in (await profile.get("/v1/customers")).json()["items"]}


RECIPE = """
topic = "{topic}"
source = "shop"
key = "id"

[columns]
mail = "email"
plan = "properties.plan"
"""
MS = 1_795_428_000_000


def _row(id_: int, mail: str | None, op: str = "c", at: int = 0) -> bytes:
    row = {"id": id_, "mail": mail, "plan": "pro", "secret": "x"}
    before, after = (row, None) if op == "d" else (None, row)
    return json.dumps({"before": before, "after": after, "op": op, "source": {"ts_ms": MS + at}}).encode()


async def test_the_rows_of_a_table_become_customers_however_often_they_are_read(
    deployment: Deployment, profile: httpx.AsyncClient, tmp_path: Path
) -> None:
    topic = f"{deployment.settings.topic_prefix}server.public.users"
    admin = AIOKafkaAdminClient(bootstrap_servers=deployment.settings.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 3, 1)])
    recipe = tmp_path / "users.toml"
    recipe.write_text(RECIPE.format(topic=topic), encoding="utf-8")
    rows = [_row(1, "ada@example.com"), _row(2, "bob@example.com"), _row(2, None, "d", 1), None, b"{broken", b"7"]
    rows += [_row(1, "ada@new.example", "u", 2), _row(3, "not an address")]
    async with deployment.producer() as producer:
        for row in rows:
            await producer.send_and_wait(topic, value=row, key=b"k")

    first = await _sounding(deployment, profile, "connect", str(recipe), "--until-end")
    await eventually(lambda: _is_known(profile, "ada@new.example"))
    letters = await eventually(lambda: _letters(profile, 3))
    await admin.close()
    _forget_the_place(deployment, f"{deployment.settings.topic_prefix}connect.shop.{topic}")
    before = await _people(profile)
    again = await _sounding(deployment, profile, "connect", str(recipe), "--until-end")
    last = {"specversion": "1.0", "id": "last", "source": "crm", "type": "customer.sync", "subject": "1"}
    await profile.post("/v1/sync", json={**last, "data": {"email": "last@example.com"}})
    await eventually(lambda: _is_known(profile, "last@example.com"))

    assert (first[0], again[0]) == (0, 0), first[2] + again[2]
    after = await _people(profile)
    assert {email: after[email] for email in before} == before
    assert (before["ada@new.example"]["external_ids"], before["bob@example.com"]["deleted_at"] is None) == (
        {"shop": "1"},
        False,
    )
    assert sorted(letter["code"] for letter in letters) == ["email-not-valid", "not-readable", "not-readable"]
    kept = [(await profile.get(f"/v1/dead-letters/{letter['id']}")).json()["value"] for letter in letters]
    assert any("{broken" in value and "refused" in value for value in kept)


def _forget_the_place(deployment: Deployment, group: str) -> None:
    admin = AdminClient({"bootstrap.servers": deployment.settings.kafka})
    for future in admin.delete_consumer_groups([group]).values():
        future.result()


async def _is_known(profile: httpx.AsyncClient, email: str) -> bool:
    return email in await _people(profile)


async def _letters(profile: httpx.AsyncClient, count: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await profile.get("/v1/dead-letters")).json()["items"]
    assert len(items) == count
    return items
