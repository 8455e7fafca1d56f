"""Signing in by a provider: a real server of OpenID Connect, in a process of its own, that insists on PKCE."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from deploy.local.ports import free_port
from services.console.domain.roles import Role
from services.console.settings import Provider
from tests.console.house import House, Person
from tests.house import ROOT
from tests.waiting import PATIENCE_SECONDS, eventually


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    """The provider's address; people are made by PUT /users/<sub>."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.console.provider", str(port)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:

        async def up() -> bool:
            try:
                return (await client.get(f"{address}/.well-known/openid-configuration")).is_success
            except httpx.HTTPError:
                return False

        await eventually(up)
    yield address
    process.kill()
    await process.wait()


@pytest.fixture(scope="module")
async def console(house: House, issuer: str) -> AsyncIterator[str]:
    """A console that asks it."""
    port = free_port()
    common: dict[str, Any] = {"issuer": issuer, "client_id": "sounding", "client_secret": "a secret"}
    groups = {"role_claim": "groups", "roles": {"cx": Role.MANAGER, "everyone": Role.VIEWER}}
    chassis = house.deployment.settings.model_copy(update={"http_port": port})
    url = f"http://127.0.0.1:{port}"
    providers = {
        "acme": Provider(name="Acme", **common, **groups),
        "plain": Provider(name="Plain", **common, default_role=Role.AGENT),
        "away": Provider(name="Away", **{**common, "issuer": "http://127.0.0.1:9"}),
    }
    async with house.other(chassis=chassis, public_url=url, oidc=providers):
        yield url


class Browser:
    """Somebody's browser between console and provider."""

    def __init__(self, house: House, url: str) -> None:
        self.client = house.stranger().client
        self.client.base_url = httpx.URL(url)

    async def at_provider(self, provider: str, sub: str, next_: str = "/customers") -> str:
        """Go to the provider and say yes there; the address that it sends back to."""
        left = await self.client.get(f"/auth/oidc/{provider}", params={"next": next_})
        assert left.status_code == 303, left.text
        answer = await self.client.post(left.headers["location"], data={"sub": sub})
        assert answer.status_code == 302, answer.text
        back: str = answer.headers["location"]
        return back

    async def sign_in(self, provider: str, sub: str, next_: str = "/customers") -> httpx.Response:
        """All the way."""
        return await self.client.get(await self.at_provider(provider, sub, next_))

    async def who(self) -> dict[str, Any]:
        """Who is signed in."""
        return (await self.client.get("/api/session")).json()["user"] or {}


async def _person(issuer: str, sub: str, **claims: Any) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        assert (await client.put(f"{issuer}/users/{sub}", json=claims)).is_success


async def test_somebody_whom_the_provider_knows_is_let_in_with_the_role_of_the_group(
    house: House, console: str, issuer: str
) -> None:
    await _person(issuer, "u1", email="Gia@Example.com", name="Gia Marsh", groups=["everyone", "cx"])
    browser = Browser(house, console)

    ways = (await browser.client.get("/api/session")).json()["sign_in"]["oidc"]
    back = await browser.sign_in("acme", "u1", "/customers?tab=tags")

    assert {"id": "acme", "name": "Acme", "url": "/auth/oidc/acme"} in ways
    assert (back.status_code, back.headers["location"]) == (303, "/customers?tab=tags")
    user = await browser.who()
    assert (user["email"], user["name"], user["role"]) == ("gia@example.com", "Gia Marsh", "manager")
    sign_ins = (await house.operator.get("/v1/sign-ins")).json()["items"]
    assert ("oidc:acme", "signed_in") in {(one["how"], one["outcome"]) for one in sign_ins}


async def test_a_role_follows_the_group_at_the_next_sign_in(house: House, console: str, issuer: str) -> None:
    await _person(issuer, "u2", email="hal@example.com", groups=["cx"])
    browser = Browser(house, console)
    await browser.sign_in("acme", "u2")
    first = await browser.who()
    await _person(issuer, "u2", email="hal.new@example.com", groups=["everyone"])

    await browser.sign_in("acme", "u2")

    again = await browser.who()
    assert (first["role"], again["role"]) == ("manager", "viewer")
    assert again["id"] == first["id"]


async def test_who_is_in_no_group_is_not_let_in(house: House, console: str, issuer: str) -> None:
    await _person(issuer, "u3", email="ivy@example.com", groups=["others"])
    browser = Browser(house, console)

    back = await browser.sign_in("acme", "u3")

    assert back.headers["location"] == "/sign-in#error=not-allowed"
    assert await browser.who() == {}


async def test_without_a_rule_the_default_role_holds_and_an_admin_may_raise_it(
    house: House, console: str, issuer: str
) -> None:
    await _person(issuer, "u4", email="jo@example.com")
    browser = Browser(house, console)
    await browser.sign_in("plain", "u4")
    user = await browser.who()

    await house.operator.patch(f"/v1/users/{user['id']}", json={"role": "manager"})
    await browser.sign_in("plain", "u4")

    assert user["role"] == "agent"
    assert (await browser.who())["role"] == "manager"


async def test_only_a_verified_address_makes_somebody_who_is_known_here(
    house: House, console: str, issuer: str
) -> None:
    ada = await house.person("known@example.com", "admin")
    await _person(issuer, "thief", email="known@example.com")
    await _person(issuer, "owner", email="known@example.com", email_verified=True)
    thief, owner = Browser(house, console), Browser(house, console)

    assert (await thief.sign_in("plain", "thief")).headers["location"] == "/sign-in#error=email-not-verified"
    assert (await owner.sign_in("plain", "owner")).headers["location"] == "/customers"

    assert await thief.who() == {}
    assert (await owner.who())["id"] == (await _own_id(ada))


async def _own_id(person: Person) -> str:
    found: str = (await person.ask("GET", "/api/session")).json()["user"]["id"]
    return found


async def test_a_way_back_that_began_elsewhere_or_was_used_leads_nowhere(
    house: House, console: str, issuer: str
) -> None:
    """Nobody can be signed in as somebody else by a link that another one has begun."""
    await _person(issuer, "u5", email="mallory@example.com")
    mallory, victim = Browser(house, console), Browser(house, console)
    back = await mallory.at_provider("plain", "u5")

    assert (await victim.client.get(back)).headers["location"] == "/sign-in#error=sign-in-stale"
    assert (await mallory.client.get(back)).headers["location"] == "/customers"
    assert (await mallory.client.get(back)).headers["location"] == "/sign-in#error=sign-in-stale"
    assert await victim.who() == {}


async def test_a_code_of_another_sign_in_is_refused_by_its_verifier(house: House, console: str, issuer: str) -> None:
    await _person(issuer, "u6", email="kim@example.com")
    browser, other = Browser(house, console), Browser(house, console)
    mine, theirs = await browser.at_provider("plain", "u6"), await other.at_provider("plain", "u6")
    (state,), (code,) = (parse_qs(urlsplit(url).query)[name] for url, name in ((mine, "state"), (theirs, "code")))

    back = await browser.client.get("/auth/oidc/plain/callback", params={"state": state, "code": code})

    assert back.headers["location"] == "/sign-in#error=provider-refused"
    assert await browser.who() == {}


async def test_one_is_sent_to_pages_of_this_app_only(house: House, console: str, issuer: str) -> None:
    await _person(issuer, "u7", email="lea@example.com")

    back = await Browser(house, console).sign_in("plain", "u7", "https://evil.example/")

    assert back.headers["location"] == "/"


async def test_a_provider_that_is_away_or_unknown_is_said(house: House, console: str) -> None:
    client = Browser(house, console).client

    away = await client.get("/auth/oidc/away")
    unknown = await client.get("/auth/oidc/nobody")

    assert away.headers["location"] == "/sign-in#error=provider-away"
    assert unknown.headers["location"] == "/sign-in#error=provider-not-known"
