"""One house for the whole folder, one browser a process, and people who are signed in already."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, StorageState, expect

from tests import infrastructure as run
from tests.ui import chromium
from tests.ui.visit import WATCH, WIDE, Visit

PATIENCE_MS = 60_000
"""Where all tests run at once a page takes its time; alone none of it is used."""
expect.set_options(timeout=PATIENCE_MS)
Visits = Callable[..., Awaitable[Visit]]


@dataclass(frozen=True)
class Place:
    """Where the house is, and whom one meets there."""

    url: str
    mailbox: str
    key: str
    services: dict[str, str]
    known: dict[str, str]
    settings: dict[str, Any]
    """What every process of it is told."""

    def api(self) -> httpx.AsyncClient:
        """What a program of the company asks with."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api", headers=headers, timeout=30, trust_env=False)

    async def mails(self, address: str) -> list[dict[str, Any]]:
        """What somebody got, the newest first."""
        async with httpx.AsyncClient(trust_env=False) as client:
            found = await client.get(f"{self.mailbox}/api/messages", params={"to": address})
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    async def link(self, email: str, role: str = "admin") -> str:
        """What signs somebody in once."""
        async with self.api() as api:
            made = await api.post("/console/v1/sign-in-links", json={"email": email, "role": role})
        found: str = made.raise_for_status().json()["link"]
        return found


@pytest.fixture(scope="session")
def place() -> Place:
    """The house; it starts when the first test asks."""
    found = run.house()
    status = found["status"]
    return Place(
        url=status["services"]["console"],
        mailbox=status["mailbox"],
        key=status["api_key"],
        services=status["services"],
        known=found["known"],
        settings=found["settings"],
    )


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with chromium.browser() as started:
        yield started


@pytest.fixture(scope="session")
async def admin(place: Place, browser: Browser) -> StorageState:
    """The cookies of an admin who has come in by a link."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    # A new link ends the one before, so each process has somebody of its own.
    await page.goto(await place.link(f"ada.{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}@northlight.example"))
    await page.get_by_role("navigation", name="Main").wait_for()
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture
async def visits(place: Place, browser: Browser, admin: StorageState) -> AsyncIterator[Visits]:
    """Opens browsers; at the end none of them may have complained."""
    made: list[Visit] = []

    async def visit(*, known: bool = True, url: str = place.url, **more: Any) -> Visit:
        options: dict[str, Any] = {
            "viewport": WIDE,
            "locale": "en-GB",
            "timezone_id": "UTC",
            "reduced_motion": "reduce",
        }
        context = await browser.new_context(storage_state=admin if known else None, **options | more)
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(WATCH)
        one = Visit(context, await context.new_page(), url)
        one.listen(one.page)
        made.append(one)
        return one

    yield visit
    for one in made:
        await one.context.close()
    assert [fault for one in made for fault in one.unexpected()] == []


@pytest.fixture
async def visit(visits: Visits) -> Visit:
    """An admin at a desk."""
    return await visits()
