"""Every page, in every state: perceivable, usable and quiet, light and dark, wide and narrow, in longer words too."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from playwright.async_api import Route, expect

from chassis.ids import new_id
from tests.ui.asking import Place
from tests.ui.conftest import Visits
from tests.ui.pages import LISTS, PAGES, SHELL, Page
from tests.ui.visit import NARROW, PHONE, WIDE, Visit

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""
Handler = Callable[[Route], Coroutine[Any, Any, None]]
REFUSED = r"Failed to load resource.*(503|404)"
LONGER = ("dashboard", "customers", "profile", "campaign", "template", "settings-account", "settings-users")
"""Those of the most parts; the others are made of the same."""
FOREIGN = """() => [...document.querySelectorAll("h2, h3, button, label, th, nav a, legend")]
  .filter((one) => one.checkVisibility() && !one.closest(".brand, .proprow, td"))
  .map((one) => (one.ariaLabel || one.textContent).trim())
  .filter((text) => /\\p{L}{3}/u.test(text) && !/[\\[~]/.test(text) && !/^(NPS|CSAT|CES)$/.test(text))"""
"""Texts that were not marked for translation; what customers and colleagues have named stays as it is."""
SEVERAL_PLACES = """() => [...document.querySelectorAll("nav")]
  .map((one) => [...new Set([...one.querySelectorAll('[aria-current="page"]')].map((link) => link.href))])
  .filter((places) => places.length > 1)"""
"""Navigation that says of several places that one is there."""
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
    assert await visit.page.evaluate(SEVERAL_PLACES) == []
    await visit.check()
    await _keep(visit, name)
    await visit.page.set_viewport_size(NARROW)
    await visit.settled()
    assert await visit.wider() + await visit.piled() == []
    if name in LISTS:
        assert await visit.breaches() == []


@pytest.mark.parametrize("name", LONGER)
async def test_every_word_can_be_translated_and_longer_ones_fit(visit: Visit, place: Place, name: str) -> None:
    path = PAGES[name].path.format(**place.known)
    await visit.go(f"{path}{'&' if '?' in path else '?'}lang=pseudo")

    assert await visit.page.evaluate(FOREIGN) == []
    assert await visit.wider() + await visit.piled() == []
    await visit.page.set_viewport_size(NARROW)
    await visit.settled()
    assert await visit.wider() + await visit.piled() == []


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
    # All of them only for whoever names a folder to look at them: they take their time.
    if "UI_PICTURES" not in os.environ:
        if name in LISTS:
            await visit.picture(name)
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
async def test_a_page_that_waits_says_so_and_one_whose_service_is_away_tries_again(
    visit: Visit, place: Place, name: str
) -> None:
    hold = asyncio.Event()

    async def held_then_away(route: Route) -> None:
        await hold.wait()
        await _away(route)

    visit.expected.append(REFUSED)
    await _in_the_way(visit, PAGES[name], held_then_away)
    await visit.page.goto(visit.url + PAGES[name].path.format(**place.known))
    # Before its own parts come, those of the page as such.
    await expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(visit.page.locator('main [aria-busy="true"]').first).to_be_visible()
    await visit.check()
    await visit.picture(f"{name}-loading")

    hold.set()
    await visit.settled()
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


async def test_the_door_is_for_everybody_and_says_that_a_password_is_wrong(visits: Visits) -> None:
    visit = await visits(known=False)
    visit.expected.append(r"status of (401|422)")
    await visit.page.goto(visit.url + "/feedback?state=open")
    await expect(visit.page).to_have_url(re.compile(r"/sign-in\?next=.*feedback"))
    await visit.settled()
    await visit.page.get_by_label("E-mail").fill("somebody@northlight.example")
    await visit.page.get_by_label("Password").fill("not this one, surely")
    await visit.page.get_by_role("button", name="Sign in").click()
    await expect(visit.page.get_by_role("alert")).to_be_visible()
    await visit.check()
    await visit.picture("sign-in")


async def test_a_link_that_is_opened_at_the_door_signs_in_and_signing_out_leads_back(
    visits: Visits, place: Place
) -> None:
    visit = await visits(known=False)
    await visit.page.goto(visit.url + "/sign-in")
    await visit.settled()
    link = await place.link(f"door.{new_id()[-8:]}@northlight.example")
    await visit.page.evaluate("(link) => { location.href = link; }", link)
    await visit.page.get_by_role("navigation", name="Main").wait_for()

    await visit.settled()
    await visit.page.get_by_role("button", name=re.compile("^Account of")).click()
    await visit.page.get_by_role("menuitem", name="Sign out").click()
    await expect(visit.page).to_have_url(re.compile("/sign-in$"))
    await expect(visit.page.get_by_label("Password")).to_be_visible()
