"""Dead letters over HTTP and by the CLI: kept whole, looked at, applied again, closed."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sounding_contracts.envelope import encode

from chassis import auth
from chassis.dead_letters import put_aside, refused_row
from chassis.errors import Conflict
from chassis.mongo import Transaction
from chassis.service import Service
from chassis.streams import Event
from tests.chassis.conftest import Lines
from tests.chassis.toy import FACTS, add, fact, open_letters, seen
from tests.chassis.web import served, web
from tests.deployment import KEY, Deployment
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
PATH = "/v1/dead-letters"
BROKEN = b'\xff{"not": "json"'


class Rule:
    """A handler with a rule that can be lifted."""

    def __init__(self) -> None:
        self.refuses = {7}

    async def __call__(self, events: Sequence[Event[Any]], tx: Transaction) -> None:
        for event in events:
            if event.data and event.data.value in self.refuses:
                code, reason = "value-refused", "Not this value."
                raise Conflict(code, reason, field="value")
        await add(events, tx)


@pytest.fixture
def rule() -> Rule:
    return Rule()


@pytest.fixture
def service(deployment: Deployment, rule: Rule) -> Service:
    return web(deployment, rule)


@pytest.fixture
async def client(deployment: Deployment, service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Three records: a good one, one that a rule refuses, one that nobody can read."""
    await deployment.publish(FACTS, fact("e1", 1), fact("e7", 7))
    await deployment.publish_raw(FACTS, BROKEN, key=b"k/1", headers=[("h", b"\xfe"), ("none", None)])
    async with served(service, "streams") as found:
        await eventually(lambda: _both(service))
        yield found


async def _both(service: Service) -> bool:
    return len(await open_letters(service)) == 2


async def _ids(client: httpx.AsyncClient, state: str = "open") -> list[str]:
    return [item["id"] for item in (await client.get(PATH, params={"state": state})).json()["items"]]


def _one(id_: str) -> str:
    return f"{PATH}/{quote(id_, safe='')}"


async def test_a_record_put_aside_keeps_bytes_place_and_reason(
    client: httpx.AsyncClient, deployment: Deployment
) -> None:
    refused, broken = [(await client.get(_one(id_))).json() for id_ in await _ids(client)]

    assert (refused["code"], refused["reason"], refused["subject"]) == ("value-refused", "value: Not this value.", "s")
    assert json.loads(refused["value"])["data"] == {"value": 7}
    assert (broken["topic"], broken["partition"], broken["offset"]) == (deployment.name(FACTS), 0, 2)
    assert (broken["key"], broken["value"]) == ("k/1", '\\xff{"not": "json"')
    assert broken["headers"] == [["h", "\\xfe"], ["none", None]]
    assert (broken["code"], broken["state"]) == ("not-readable", "open")
    assert broken["first_seen_at"]


async def test_the_list_shows_no_bytes_and_can_be_paged_and_filtered(client: httpx.AsyncClient) -> None:
    first = (await client.get(PATH, params={"limit": 1})).json()
    second = (await client.get(PATH, params={"limit": 1, "after": first["next"]})).json()
    third = (await client.get(PATH, params={"limit": 1, "after": second["next"]})).json()

    assert [len(page["items"]) for page in (first, second, third)] == [1, 1, 0]
    assert not {"value", "key", "headers"} & set(first["items"][0])
    assert await _ids(client, "replayed") == []
    assert (await client.get(PATH, params={"state": "any"})).status_code == 422


async def test_a_replay_that_is_refused_again_stays_open_and_says_why(
    client: httpx.AsyncClient, service: Service
) -> None:
    id_ = (await _ids(client))[0]

    answer = await client.post(f"{_one(id_)}/replay")

    assert (answer.status_code, answer.json()["code"]) == (409, "value-refused")
    shown = (await client.get(_one(id_))).json()
    assert (shown["state"], shown["replayed_count"]) == ("open", 1)
    assert await seen(service) == [1]


async def test_a_replay_applies_the_record_once_the_rule_allows_it(
    client: httpx.AsyncClient, service: Service, rule: Rule
) -> None:
    id_ = (await _ids(client))[0]
    rule.refuses.clear()

    answers = await asyncio.gather(*(client.post(f"{_one(id_)}/replay") for _ in range(5)))

    assert answers[0].json()["state"] == "replayed"
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await seen(service) == [1, 7]
    again = await client.post(f"{_one(id_)}/replay")
    assert (again.status_code, again.json()["detail"]) == (409, "It is replayed.")
    assert (await client.post(f"{_one(id_)}/discard")).status_code == 409
    assert id_ in await _ids(client, "replayed")


async def test_a_record_that_nobody_can_read_is_refused_at_each_replay_with_the_same_reason(
    client: httpx.AsyncClient,
) -> None:
    id_ = (await _ids(client))[1]

    answer = await client.post(f"{_one(id_)}/replay")

    assert (answer.status_code, answer.json()["code"]) == (422, "not-readable")
    assert id_ in await _ids(client)


async def test_a_discarded_record_is_closed_and_keeps_its_bytes(client: httpx.AsyncClient, service: Service) -> None:
    id_ = (await _ids(client))[1]

    for _ in range(2):
        assert (await client.post(f"{_one(id_)}/discard")).json()["state"] == "discarded"

    assert id_ not in await _ids(client)
    row = await service.database.collection("_dead_letters").find_one({"_id": id_})
    assert row is not None
    assert (row["value"], row["state"]) == (BROKEN, "discarded")
    assert (await client.post(f"{_one(id_)}/replay")).status_code == 409


async def test_a_bug_in_the_way_of_a_replay_leaves_it_open(
    client: httpx.AsyncClient, logged: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = (await _ids(client))[0]

    async def broken(events: Sequence[Event[Any]], tx: Transaction) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Rule, "__call__", lambda self, events, tx: broken(events, tx))

    assert (await client.post(f"{_one(id_)}/replay")).status_code == 500
    assert "request.failed" in [line["event"] for line in logged()]
    assert id_ in await _ids(client)


async def test_what_no_broker_took_is_shown_and_discarded_whatever_its_id_holds(
    client: httpx.AsyncClient, service: Service
) -> None:
    at = (await open_letters(service))[0]["first_seen_at"]
    row = refused_row(
        {"_id": "07|a/b c?d|toy|a/b|1", "topic": "toy", "seq": 1, "at": at, "key": "a/b", "value": b"v"}
        | {"refused": "too large", "subject": "a/b"}
    )
    await service.database.collection("_dead_letters").insert_one(row)

    assert (await client.get(_one(row["_id"]))).json()["reason"] == "too large"
    replayed = await client.post(f"{_one(row['_id'])}/replay")
    assert (replayed.status_code, "no broker took it" in replayed.json()["detail"]) == (409, True)
    assert (await client.post(f"{_one(row['_id'])}/discard")).json()["state"] == "discarded"


async def test_a_type_that_is_not_read_any_more_is_refused_at_the_replay(
    client: httpx.AsyncClient, service: Service
) -> None:
    value = (encode(fact("e9", 9)) or b"").replace(b"thing.happened", b"thing.forgotten")
    record = type("Row", (), {"topic": "t", "partition": 0, "offset": 9, "timestamp": 0, "key": b"k", "value": value})()
    record.headers = []
    purpose = (await open_letters(service))[0]["purpose"]
    assert await put_aside(service.database, purpose, record, code="old", reason="old")
    assert not await put_aside(service.database, purpose, record, code="old", reason="old")

    answer = await client.post(f"{_one(f'{purpose}:t:0:9')}/replay")

    assert (answer.status_code, answer.json()["code"]) == (422, "not-read")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_one_is_not_found_and_without_the_scope_nothing_is_shown(
    client: httpx.AsyncClient, deployment: Deployment, service: Service, method: str
) -> None:
    path = _one("no:such:0:0") + ("/replay" if method == "POST" else "")
    assert (await client.request(method, path)).status_code == 404
    text, key = auth.make_key("reader", ["things:*"])
    async with served(web(deployment, api_keys=(key,)), key=text) as other:
        assert (await other.request(method, path)).status_code == 403


async def _sounding(client: httpx.AsyncClient, *words: str) -> tuple[int, str]:
    environment = {**os.environ, "SOUNDING_TOY_URL": str(client.base_url), "SOUNDING_API_KEY": KEY, "NO_COLOR": "1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sounding", "dead-letters", *words, "--service", "toy"),
        cwd=ROOT,
        env={**environment, "COLUMNS": "300"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode()


async def test_the_cli_lists_shows_replays_and_discards(
    client: httpx.AsyncClient, service: Service, rule: Rule
) -> None:
    refused, broken = await _ids(client)
    (code, table), (_, listed), (_, shown), (misused, _) = await asyncio.gather(
        _sounding(client, "list"),
        _sounding(client, "list", "--json"),
        _sounding(client, "show", broken),
        _sounding(client, "replay"),
    )
    assert (code, refused in table, "Not this value." in table, broken in table) == (0, True, True, True)
    assert [item["id"] for item in json.loads(listed)["items"]] == [refused, broken]
    assert json.loads(shown)["value"] == '\\xff{"not": "json"'
    assert misused == 2

    code, said = await _sounding(client, "replay", "--all")
    assert (code, "0 replayed, 2 not." in said, "Not this value." in said) == (1, True, True)
    rule.refuses.clear()
    code, said = await _sounding(client, "replay", refused)
    assert (code, "1 replayed, 0 not." in said) == (0, True)
    assert await seen(service) == [1, 7]
    assert "1 discarded, 0 not." in (await _sounding(client, "discard", "--all"))[1]
    assert await _ids(client) == []
