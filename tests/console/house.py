"""People at the console, each with a browser's cookies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from argon2 import PasswordHasher

from chassis.service import Service
from commons.tls import trusted
from services.console.adapters.passwords import Passwords
from services.console.main import build
from services.console.settings import Settings
from tests.deployment import Deployment

PASSWORD = "three old boats"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64))
"""What a hash costs is no matter here."""


@dataclass
class Person:
    """Somebody with a browser."""

    client: httpx.AsyncClient
    email: str = ""
    csrf: str = ""

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request as the web app makes it."""
        return await self.client.request(method, path, headers={"X-CSRF-Token": self.csrf}, **options)

    def remember(self, answer: httpx.Response) -> httpx.Response:
        """Keep the token of a session that began."""
        if answer.is_success:
            self.csrf = answer.json()["csrf_token"]
        return answer

    async def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """Sign in by password."""
        return self.remember(
            await self.client.post("/api/session", json={"email": email, "password": password, **more})
        )

    async def follow(self, link: str, **more: Any) -> httpx.Response:
        """Sign in by a link."""
        token = link.rpartition("#link=")[2]
        return self.remember(await self.client.post("/api/session/link", json={"token": token, **more}))


@dataclass
class House:
    """The services that run, and whoever came."""

    deployment: Deployment
    console: Service
    settings: Settings
    url: str
    profile_url: str
    operator: httpx.AsyncClient
    people: list[Person] = field(default_factory=list)

    @asynccontextmanager
    async def other(self, **more: Any) -> AsyncIterator[str]:
        """Another process of the console, with other settings; its address."""
        console = self.deployment.opened(build(self.settings.model_copy(update=more), QUICK))
        async with console.running(("http", "jobs")) as port:
            yield f"http://127.0.0.1:{port}"

    def stranger(self) -> Person:
        """Somebody who is not signed in."""
        made = Person(httpx.AsyncClient(base_url=self.url, timeout=20, verify=trusted()))
        self.people.append(made)
        return made

    async def invited(self, email: str, role: str = "viewer") -> dict[str, Any]:
        """The invitation of somebody."""
        answer = await self.operator.post("/api/console/v1/users", json={"email": email, "role": role})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def person(self, email: str, role: str = "viewer") -> Person:
        """Somebody who was invited, and is signed in now."""
        made = self.stranger()
        made.email = email
        answer = await made.follow((await self.invited(email, role))["link"], password=PASSWORD)
        assert answer.status_code == 200, answer.text
        return made

    async def close(self) -> None:
        """Close all browsers."""
        for person in self.people:
            await person.client.aclose()
