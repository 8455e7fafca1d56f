"""Every page, in every state: perceivable, usable and quiet, light and dark, wide and narrow."""

import json
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.ui.conftest import Place
from tests.ui.pages import LISTS, PAGES, SHELL, Page
from tests.ui.visit import NARROW, PHONE, WIDE, Visit

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""
Handler = Callable[[Route], Coroutine[Any, Any, None]]
REFUSED = r"Failed to load resource.*(503|404)"
STATED = ("dashboard", "customers")
"""Those whose states are looked at: one of figures, one of rows; all are made of the same parts."""


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_for_everybody(visit: Visit, place: Place, name: str) -> None:
    """No breach of WCAG 2.2 AA in either theme, its parts named in their order, nothing sideways at 320 pixels."""
    wanted = PAGES[name]
    visit.expected.append(REFUSED if "missing" in name else "^$")
    await visit.go(wanted.path.format(**place.known))
    if name == "record":
        await visit.page.get_by_role("dialog").wait_for()
        await visit.settled()

    heard = await visit.heard()
    assert missing(heard, _skeleton(name, wanted)) == [], "\n".join(heard)
    await visit.check()
    await visit.page.set_viewport_size(NARROW)
    await visit.settled()
    assert await visit.wider() + await visit.piled() == []
    if name in LISTS:
        assert await visit.breaches() == []
    await _keep(visit, name)


def _skeleton(name: str, page: Page) -> list[str]:
    # Behind a dialog nothing is to be found.
    return [
        line
        for text in ((page.skeleton,) if name == "record" else (SHELL, page.skeleton))
        for line in text.split("\n")
        if line
    ]


def missing(heard: list[str], wanted: list[str]) -> list[str]:
    """The first of the wanted parts, as a list, that does not come after those before it."""
    rest = iter(heard)
    return next(([one] for one in wanted if not any(line.startswith(one) for line in rest)), [])


def test_a_part_that_is_missing_or_elsewhere_is_found() -> None:
    heard = ['heading "Dashboard" [level=1]', 'button "Print"']

    assert missing(heard, heard) == []
    assert missing(heard, ['button "Print"', "heading"]) == ["heading"]


async def test_cards_upon_each_other_are_found(visit: Visit) -> None:
    card = '<div class="card" style="height: 50px; margin-top: {}px">{}</div>'
    await visit.page.set_content(f"<main>{card.format(0, 'One')}{card.format(10, 'Two')}</main>")
    assert await visit.piled() == []

    await visit.page.set_content(f"<main>{card.format(0, 'One')}{card.format(-10, 'Two')}</main>")
    assert await visit.piled() == ["One | Two"]


async def _keep(visit: Visit, name: str) -> None:
    # For whoever wants to look at them, and names a folder: they take their time.
    if "UI_PICTURES" not in os.environ:
        return
    for width, size in (("360", PHONE), ("1280", WIDE)):
        await visit.page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            await visit.look(scheme)
            await visit.picture(f"{name}-{width}-{scheme}")


@pytest.mark.parametrize("name", STATED)
async def test_a_page_with_nothing_yet_says_what_to_do(visit: Visit, place: Place, name: str) -> None:
    await _in_the_way(visit, PAGES[name], _emptied)
    await visit.go(PAGES[name].path.format(**place.known))

    await expect(visit.page.locator("main .empty, main .muted").first).to_be_visible()
    await visit.check()
    await visit.picture(f"{name}-empty")


@pytest.mark.parametrize("name", STATED)
async def test_a_page_whose_service_is_away_says_so_and_tries_again(visit: Visit, place: Place, name: str) -> None:
    visit.expected.append(REFUSED)
    await _in_the_way(visit, PAGES[name], _away)
    await visit.go(PAGES[name].path.format(**place.known))
    alert = visit.page.get_by_role("alert").first
    await expect(alert).to_contain_text("does not answer")
    await expect(alert).to_contain_text("req-1")

    await visit.check()
    await visit.picture(f"{name}-failing")
    await visit.page.unroute_all()
    again = visit.page.get_by_role("button", name="Try again")
    for left in reversed(range(await again.count())):
        await again.first.click()
        await expect(again).to_have_count(left)


async def _in_the_way(visit: Visit, page: Page, handle: Handler) -> None:
    for one in page.asks:
        await visit.page.route(f"**/api/{one}**", handle)


async def _emptied(route: Route) -> None:
    """The true answer, with nothing in it."""
    answer = await route.fetch()
    body = await answer.json()
    await route.fulfill(response=answer, body=json.dumps(_without(body)))


def _without(body: Any) -> Any:
    if isinstance(body, list):
        return []
    if not isinstance(body, dict):
        return 0 if isinstance(body, int | float) and not isinstance(body, bool) else body
    return {name: None if name == "next" else _without(value) for name, value in body.items()}


async def _away(route: Route) -> None:
    problem = {"title": "away", "status": 503, "code": "service-away", "service": "profile", "request_id": "req-1"}
    await route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))
