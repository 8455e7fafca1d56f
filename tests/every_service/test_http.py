"""What every service answers over HTTP, whatever it is for."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import chassis.service
from chassis import auth
from tests.deployment import KEY, Deployment
from tests.every_service.conftest import built
from tests.waiting import PATIENCE_SECONDS

Operation = tuple[str, str, dict[str, Any]]
PROBLEM = "application/problem+json"
HELD = {"Authorization": f"Bearer {KEY}"}


async def _documented(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/openapi.json")).json()
    return found


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x", path)


def _is_problem(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    kind = answer.headers["content-type"]
    return (answer.status_code, body["status"], kind) == (status, status, PROBLEM) and bool(body["code"])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


async def test_it_is_alive_ready_and_measured(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).json() == {"alive": True, "faults": {}}
    assert (await http.get("/health/ready")).json() == {"ready": True, "faults": {}}
    metrics = await http.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "sounding_http_request_seconds_count" in metrics.text


async def test_its_api_is_documented(http: httpx.AsyncClient, name: str) -> None:
    page = await http.get("/docs")
    document = await _documented(http)
    operations = list(_operations(document))

    assert "/openapi.json" in page.text
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"] == f"Sounding {name}"
    for reference in _references(document):
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    ids = [operation["operationId"] for _, _, operation in operations]
    assert sorted(ids) == sorted(set(ids))
    assert [path for _, path, operation in operations if not (operation["summary"] and operation["description"])] == []


async def test_every_documented_refusal_is_a_problem(http: httpx.AsyncClient) -> None:
    document = await _documented(http)
    other = [
        f"{method} {path}: {status}"
        for method, path, operation in _operations(document)
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and list(answer.get("content", {})) not in ([PROBLEM], ["text/html"])
    ]

    assert other == []


async def test_an_unknown_route_is_a_problem(http: httpx.AsyncClient) -> None:
    assert _is_problem(await http.get("/no/such/thing"), 404)
    assert _is_problem(await http.delete("/health/live"), 405)


async def test_every_route_of_the_api_asks_for_a_key_and_its_scope(http: httpx.AsyncClient) -> None:
    powerless = auth.make_key("powerless", ["nothing:read"])[0]
    secured = [one for one in _operations(await _documented(http)) if one[1].startswith("/v1/")]

    assert len(secured) > 4
    for method, path, operation in secured:
        assert {"401", "403"} <= set(operation["responses"]), path
        refused = await http.request(method, _filled(path))
        assert _is_problem(refused, 401), f"{method} {path}"
        assert refused.headers["www-authenticate"] == "Bearer"
        unknown = await http.request(method, _filled(path), headers={"Authorization": f"Bearer {powerless}"})
        assert _is_problem(unknown, 401), f"{method} {path}"


async def test_a_key_without_the_scope_may_do_nothing(deployment: Deployment, name: str) -> None:
    text, key = auth.make_key("narrow", ["nothing:read"])
    settings = deployment.settings.model_copy(update={"api_keys": (key,)})
    narrow = Deployment(
        settings.kafka, settings.mongodb.get_secret_value(), "", settings.database_prefix, api_keys=(key,)
    )
    service = deployment.opened(built(name, narrow))
    headers = {"Authorization": f"Bearer {text}"}

    async with (
        service.running(("http",)) as port,
        httpx.AsyncClient(headers=headers, timeout=PATIENCE_SECONDS) as client,
    ):
        client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        for method, path, _ in _operations(await _documented(client)):
            if path.startswith("/v1/"):
                assert _is_problem(await client.request(method, _filled(path)), 403), f"{method} {path}"


async def test_a_burst_of_requests_is_answered(http: httpx.AsyncClient) -> None:
    async def ask(client: httpx.AsyncClient) -> int:
        return (await client.get("/v1/dead-letters", headers=HELD)).status_code

    one_by_one = [await ask(http) for _ in range(200)]
    strangers = [httpx.AsyncClient(base_url=http.base_url, verify=False, timeout=30) for _ in range(50)]
    at_once = await asyncio.gather(*(ask(client) for client in strangers))
    for client in strangers:
        await client.aclose()

    assert (set(one_by_one), set(at_once)) == ({200}, {200})


async def _connected(port: int | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await _asked(reader, writer)
    return reader, writer


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None
    await reader.readexactly(int(length.group(1)))
    return head.startswith(b"HTTP/1.1 200")


async def test_an_idle_connection_is_not_closed_under_its_clients_hands(
    deployment: Deployment, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that writes in the moment of closing gets a reset; with a shorter time it does come to that."""
    assert chassis.service.KEEP_ALIVE_SECONDS > 60
    lasting, brief = (deployment.opened(built(name, deployment)) for _ in range(2))
    async with lasting.running(("http",)) as kept:
        monkeypatch.setattr(chassis.service, "KEEP_ALIVE_SECONDS", 1)
        async with brief.running(("http",)) as cut:
            reader, writer = await _connected(kept)
            other, closed = await _connected(cut)

            assert await asyncio.wait_for(other.read(), 10) == b""

            assert await _asked(reader, writer)
            writer.close()
            closed.close()
