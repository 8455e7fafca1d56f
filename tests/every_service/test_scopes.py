"""F51: whatever is documented under /v1 is refused without a key, without its scope, and with every other scope."""

import importlib
import re
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from chassis.auth import make_key
from chassis.settings import ApiKey, ChassisSettings
from commons.tls import trusted
from deploy.local.stack import SERVICES

NOBODY, NOBODYS = make_key("nobody", ["nothing:read"])
NAMED = re.compile(r"does not hold the scope ([a-z-]+:[a-z]+)")


def app_of(name: str, keys: list[ApiKey]) -> Any:
    chassis = ChassisSettings(
        kafka="127.0.0.1:1",
        mongodb=SecretStr("mongodb://127.0.0.1:1"),
        signing_keys=(SecretStr("a key for this only"),),
        api_keys=(NOBODYS, *keys),
        public_rate=0,
    )
    settings = importlib.import_module(f"services.{name}.settings").Settings
    return importlib.import_module(f"services.{name}.main").build(settings(chassis=chassis)).app()


def operations(app: Any) -> list[tuple[str, str]]:
    found = [
        (method.upper(), re.sub(r"\{[^}]*\}", "someones-id", path))
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/v1")
    ]
    assert len(found) >= 4
    return found


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sounding", verify=trusted())


async def status(client: httpx.AsyncClient, method: str, path: str, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    return (await client.request(method, path, headers=headers, json={})).status_code


@pytest.mark.parametrize("name", SERVICES)
async def test_f51_every_operation_wants_a_key_with_its_own_scope(name: str) -> None:
    app = app_of(name, [])
    scopes: dict[tuple[str, str], str] = {}
    async with client_of(app) as client:
        for method, path in operations(app):
            assert (await client.request(method, path, json={})).status_code == 401, (method, path)
            assert await status(client, method, path, f"{NOBODY}x") == 401, (method, path)
            headers = {"authorization": f"Bearer {NOBODY}"}
            refused = await client.request(method, path, headers=headers, json={})
            named = NAMED.search(refused.text)
            assert (refused.status_code, named is not None) == (403, True), (method, path)
            assert named is not None
            scopes[method, path] = named[1]
            assert "someones-id" not in refused.text

    every = set(scopes.values())
    others = {scope: make_key(re.sub("[^a-z]", "-", scope), sorted(every - {scope})) for scope in every}
    async with client_of(app_of(name, [stored for _, stored in others.values()])) as client:
        for (method, path), scope in scopes.items():
            assert await status(client, method, path, others[scope][0]) == 403, (method, path)


def test_f51_who_may_read_may_not_write() -> None:
    from chassis.auth import Principal

    assert not Principal("a", frozenset({"things:read"})).may("things:write")
    assert Principal("a", frozenset({"things:*"})).may("things:write")
    assert not Principal("a", frozenset({"things:*"})).may("thing:write")
