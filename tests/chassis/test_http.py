"""What every service's HTTP promises: keys and scopes, problem documents, limits, and an answer at once."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pymongo.errors import AutoReconnect

from chassis import auth
from tests.chassis.conftest import Lines
from tests.chassis.web import broken, served, values, web
from tests.deployment import Deployment

PROBLEM = "application/problem+json"


@pytest.fixture
async def client(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with served(web(deployment)) as found:
        yield found


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer snd_test_wrong"},
        {"Authorization": "Basic c25kOnNlY3JldA=="},
        {"Authorization": "Bearer sn\xe4d".encode("latin-1")},
    ],
    ids=["none", "empty", "wrong", "basic", "not-ascii"],
)
async def test_who_shows_no_known_key_is_asked_who_they_are(client: httpx.AsyncClient, headers: dict[str, Any]) -> None:
    del client.headers["Authorization"]

    answer = await client.get("/things", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "key-not-known")
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        (["*"], 200, 201),
        (["things:*"], 200, 201),
        (["things:read"], 200, 403),
        (["things:write"], 403, 201),
        (["thing:*", "things", "thingsx:read", "operations:*"], 403, 403),
        ([], 403, 403),
    ],
)
async def test_a_key_opens_what_its_scopes_name_and_nothing_else(
    deployment: Deployment, scopes: list[str], read: int, write: int
) -> None:
    text, key = auth.make_key("partner", scopes)
    async with served(web(deployment, api_keys=(key,)), key=text) as client:
        listed = await client.get("/things")
        written = await client.post("/things/a", json={"value": 1})

    assert (listed.status_code, written.status_code) == (read, write)
    for answer in (listed, written):
        if answer.status_code == 403:
            assert (answer.json()["code"], answer.headers["content-type"]) == ("scope-missing", PROBLEM)
            assert "things:" in answer.json()["detail"]


async def test_two_keys_are_valid_at_once_so_that_one_can_be_replaced(deployment: Deployment) -> None:
    (old, known), (new, also_known) = auth.make_key("crm-1", ["*"]), auth.make_key("crm-2", ["*"])

    async with served(web(deployment, api_keys=(known, also_known)), key=old) as client:
        assert (await client.get("/things")).status_code == 200
        assert (await client.get("/things", headers={"Authorization": f"Bearer {new}"})).status_code == 200
    async with served(web(deployment, api_keys=(also_known,)), key=old) as client:
        assert (await client.get("/things")).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"value": "x"}', "value"),
        (b"{}", "value"),
        (b'{"value": 1, "parts": [{"name": "a"}, {"name": 7}]}', "parts.1.name"),
        (b'{"value": ', "body"),
        (b"", "body"),
        (b"[]", "body"),
    ],
)
async def test_what_is_not_valid_is_refused_with_the_field_and_the_reason(
    client: httpx.AsyncClient, body: bytes, field: str
) -> None:
    answer = await client.post("/things/a", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert fault["reason"]
    assert field in answer.json()["detail"]


async def test_a_query_that_is_not_valid_names_its_parameter(client: httpx.AsyncClient) -> None:
    answer = await client.get("/things", params={"limit": 11})

    assert [fault["field"] for fault in answer.json()["errors"]] == ["query.limit"]


async def test_a_refusal_of_a_rule_carries_its_code_and_its_facts(client: httpx.AsyncClient) -> None:
    await client.post("/things/a", json={"value": -1})

    answer = await client.post("/things/a", json={"value": 1})

    assert answer.status_code == 409
    assert answer.json() | {"request_id": None} == {
        "type": "urn:sounding:problem:thing-closed",
        "title": "Conflict",
        "status": 409,
        "code": "thing-closed",
        "detail": "It takes nothing more.",
        "request_id": None,
        "closed_at": 1,
    }


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/things", 405)])
async def test_what_is_not_there_is_a_problem_document_too(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (RuntimeError("a bug"), 500, "internal-error"),
        (AutoReconnect("away"), 503, "unavailable"),
        (OverflowError("8-byte ints only"), 422, "not-storable"),
    ],
)
async def test_every_error_is_answered_with_its_request_id_and_logged_under_it(
    client: httpx.AsyncClient, logged: Lines, fault: Exception, status: int, code: str
) -> None:
    broken["now"] = fault

    answer = await client.get("/break/now", headers={"X-Request-Id": "r-1"})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "r-1"
    lines = [(line["event"], line.get("request_id")) for line in logged() if line["level"] in {"warning", "error"}]
    assert lines == {500: [("request.failed", "r-1")], 503: [("request.unavailable", "r-1")]}.get(status, [])
    assert ("retry-after" in answer.headers) == (status == 503)


@pytest.mark.parametrize("path", ["/things/a", "/raw"])
@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_beyond_the_limit_is_refused_as_too_large_however_it_comes(
    deployment: Deployment, path: str, declared: bool
) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 1000

    async with served(web(deployment, max_body_bytes=5000)) as client:
        content: Any = b" " * 20_000 if declared else in_parts()
        answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.headers["content-type"] == PROBLEM


async def test_a_body_of_the_limit_is_taken(deployment: Deployment) -> None:
    async with served(web(deployment, max_body_bytes=5000)) as client:
        assert (await client.post("/raw", content=b" " * 5000)).json() == 5000


async def test_a_request_id_that_is_not_one_is_replaced(client: httpx.AsyncClient) -> None:
    for given in ("a b", "x" * 65, "<script>"):
        assert (await client.get("/things", headers={"X-Request-Id": given})).headers["x-request-id"] != given


async def test_a_command_that_is_refused_stores_nothing(deployment: Deployment) -> None:
    service = web(deployment)
    async with served(service) as client:
        await client.post("/things/a", json={"value": "x"})

    assert await values(service.database) == []


def _without_delay() -> list[bool]:
    """Of each connection that a server of this process holds: whether it sends at once."""
    found = []
    for thing in gc.get_objects():
        # By its own type: weak proxies among them answer for what is gone.
        if issubclass(type(thing), asyncio.Protocol) and "uvicorn" in type(thing).__module__:
            accepted = getattr(getattr(thing, "transport", None), "get_extra_info", lambda _: None)("socket")
            if accepted is not None and accepted.fileno() >= 0:
                found.append(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
    return found


async def test_accepted_connections_send_at_once(client: httpx.AsyncClient) -> None:
    await client.get("/things")

    assert _without_delay() == [True]


async def test_a_listener_that_is_left_as_it_comes_makes_connections_that_wait(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant, which cost 40 ms an answer."""

    class Plain(socket.socket):
        def setsockopt(self, *_: Any) -> None:
            return

    def left_as_it_comes(address: tuple[str, int], **more: Any) -> socket.socket:
        return Plain(fileno=create(address, **more).detach(), proto=0)

    create = socket.create_server
    monkeypatch.setattr("chassis.service.socket.create_server", left_as_it_comes)
    async with served(web(deployment)) as client:
        await client.get("/things")

        assert _without_delay() == [False]
