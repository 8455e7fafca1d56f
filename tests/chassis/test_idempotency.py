"""Fault case F27: one Idempotency-Key has one effect and one answer, however often and from wherever it comes."""

import asyncio
from typing import Any

import httpx
import pytest

from chassis import auth
from chassis.idempotency import Once
from chassis.mongo import Transaction
from chassis.pending import COLLECTION as PENDING
from tests.chassis.web import served, values, web
from tests.deployment import KEY, Deployment


def _with(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


async def test_f27_the_same_request_again_gets_the_same_answer_and_has_one_effect(deployment: Deployment) -> None:
    service = web(deployment)
    async with served(service) as client:
        answers = [await client.post("/things/a", json={"value": 2}, **_with("k")) for _ in range(3)]

    assert {(answer.status_code, answer.text) for answer in answers} == {(201, '{"seq":1,"value":2}')}
    assert await values(service.database) == [("a", 2)]
    assert await service.database.collection(PENDING).count_documents({}) == 1


async def _at_once(client: httpx.AsyncClient) -> set[tuple[int, str]]:
    answers = await asyncio.gather(*(client.post("/things/a", json={"value": 2}, **_with("k")) for _ in range(20)))
    return {(answer.status_code, answer.text) for answer in answers}


async def test_f27_twenty_at_once_in_two_processes_have_one_effect(deployment: Deployment) -> None:
    service, other = web(deployment), web(deployment)
    async with served(service) as client, served(other) as second:
        answers = await asyncio.gather(_at_once(client), _at_once(second))

    assert answers[0] | answers[1] == {(201, '{"seq":1,"value":2}')}
    assert await values(service.database) == [("a", 2)]


async def test_f27_without_the_memory_each_request_has_its_effect(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant."""

    async def forget(self: Once, tx: Transaction, command: Any) -> Any:
        return await command(tx)

    monkeypatch.setattr(Once, "_remembered", forget)
    service = web(deployment)
    async with served(service) as client:
        await _at_once(client)

    assert await values(service.database) == [("a", 40)]


@pytest.mark.parametrize(
    ("path", "body", "more"),
    [
        ("/things/a", {"value": 3}, {}),
        ("/things/b", {"value": 2}, {}),
        ("/things/a?dry=1", {"value": 2}, {}),
        ("/things/a", {"value": 2}, {"If-Match": '"7"'}),
    ],
    ids=["body", "path", "query", "version"],
)
async def test_f27_the_key_of_one_request_is_refused_for_another(
    deployment: Deployment, path: str, body: dict[str, int], more: dict[str, str]
) -> None:
    service = web(deployment)
    async with served(service) as client:
        await client.post("/things/a", json={"value": 2}, **_with("k"))
        answer = await client.post(path, json=body, headers={"Idempotency-Key": "k", **more})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert await values(service.database) == [("a", 2)]


async def test_f27_a_refused_request_may_be_sent_again_under_its_key(deployment: Deployment) -> None:
    service = web(deployment)
    async with served(service) as client:
        await client.post("/things/a", json={"value": -1})
        assert (await client.post("/things/a", json={"value": 5}, **_with("k"))).status_code == 409
        await service.database.collection("things").update_one({"_id": "a"}, {"$set": {"value": 0}})
        assert (await client.post("/things/a", json={"value": 5}, **_with("k"))).status_code == 201


async def test_f27_two_callers_do_not_meet_in_one_key(deployment: Deployment) -> None:
    (text, one), (other, two) = auth.make_key("one", ["*"]), auth.make_key("two", ["*"])
    service = web(deployment, api_keys=(one, two))
    async with served(service, key=text) as client:
        first = await client.post("/things/a", json={"value": 1}, **_with("k"))
        client.headers["Authorization"] = f"Bearer {other}"
        second = await client.post("/things/a", json={"value": 1}, **_with("k"))

    assert (first.json()["seq"], second.json()["seq"]) == (1, 2)


async def test_a_key_that_is_too_long_is_refused_by_name(deployment: Deployment) -> None:
    async with served(web(deployment), key=KEY) as client:
        answer = await client.post("/things/a", json={"value": 1}, **_with("k" * 201))

    assert answer.json()["errors"][0]["field"] == "header.idempotency-key"
