"""One house for the whole folder, one browser a process, and people who are signed in already."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, StorageState, expect

from tests import infrastructure as run
from tests.ui import chromium
from tests.ui.asking import Place
from tests.ui.visit import WATCH, WIDE, Visit

PATIENCE_MS = 60_000
"""Where all tests run at once a page takes its time; alone none of it is used."""
expect.set_options(timeout=PATIENCE_MS)
Visits = Callable[..., Awaitable[Visit]]


@pytest.fixture(scope="session")
def place() -> Place:
    """The house; it starts when the first test asks."""
    return Place.of(run.house())


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
