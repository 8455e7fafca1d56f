"""What people come for, from the first click to what they see at the end."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from chassis.ids import new_id
from chassis.settings import ChassisSettings
from services.console.main import build
from services.console.settings import Settings
from tests.ui.asking import Asked, Place, answer, ask, survey
from tests.ui.conftest import Visits
from tests.ui.visit import NARROW, Visit

pytestmark = pytest.mark.timeout(600)
"""The first of them waits until the house has started, beside all other tests."""


@pytest.fixture
async def asked(place: Place) -> Asked:
    """Somebody whom a mail asks."""
    return await ask(place)


async def _is_live(page: Page) -> None:
    await expect(page.locator("header.top .chip.live")).to_have_text("Live")


async def test_a_score_shows_by_itself_without_reload(visit: Visit, place: Place) -> None:
    """How soon, `python -m benchmarks console` measures: here all tests share the machine."""
    asked = await ask(place)
    await visit.go(f"/customers/{asked.id}")
    await _is_live(visit.page)
    await visit.page.evaluate("() => { window.never_left = true; }")

    await answer(asked, 6, "It was a 6.")

    await expect(visit.page.get_by_text("It was a 6.")).to_be_visible()
    await expect(visit.page.locator(".trend.big").first).to_contain_text("6")
    assert await visit.page.evaluate("() => window.never_left") is True


async def test_eight_tabs_follow_by_one_stream(visits: Visits, place: Place) -> None:
    asked = await ask(place, "Octavia")
    visit = await visits()
    pages = [visit.page, *[await visit.context.new_page() for _ in range(7)]]
    for page in pages:
        visit.listen(page)
        await page.goto(f"{visit.url}/customers/{asked.id}")
    for page in pages:
        await _is_live(page)

    await answer(asked, 8, "Eight of us heard it.")

    for page in pages:
        await expect(page.get_by_text("Eight of us heard it.")).to_be_visible()


async def test_from_a_file_to_a_figure(visits: Visits, place: Place) -> None:
    """Import, campaign, dry run, activate, mail, score and comment by a person; profile and dashboard follow by themselves."""
    email, tag = f"file.{new_id()[-8:]}@example.com", f"fair {new_id()[-4:]}"
    visit = await visits()
    await _import(visit, f"email,first_name,last_name,tags\n{email},Fay,File,{tag}\n")
    await _campaign(visit, f"After the {tag}", tag)
    url = await survey(place, email)
    customer = await _customer(place, email)
    await visit.go(f"/customers/{customer}")
    await _is_live(visit.page)
    board = await visit.context.new_page()
    visit.listen(board)
    await board.goto(f"{visit.url}/?period=30")
    await expect(board.locator("main .hero b")).to_be_visible()

    person = await visits(known=False, java_script_enabled=False, viewport=NARROW)
    await person.page.goto(f"{url}?score=9")
    await expect(person.page.locator("input[type=radio][value='9']")).to_be_checked()
    await person.page.locator("textarea").first.fill(f"Fay of the {tag} says hello.")
    await person.page.get_by_role("button", name=re.compile("Send", re.IGNORECASE)).first.click()

    await expect(visit.page.get_by_text(f"Fay of the {tag} says hello.")).to_be_visible()
    await expect(board.get_by_text(f"Fay of the {tag} says hello.")).to_be_visible()


async def _import(visit: Visit, content: str) -> None:
    await visit.go("/imports")
    await visit.page.get_by_label("CSV file").set_input_files(
        {"name": "fair.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    await visit.page.get_by_role("button", name="Check").click()
    await expect(visit.page.get_by_role("heading", name="What would happen")).to_be_visible()
    await visit.page.get_by_role("button", name=re.compile("^Import")).click()
    await expect(visit.page.get_by_role("heading", name="What happened")).to_be_visible()


async def _campaign(visit: Visit, name: str, tag: str) -> None:
    page = visit.page
    await visit.go("/campaigns")
    await page.get_by_role("button", name="New campaign").first.click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Kind").last.select_option("one_time_email")
    await page.get_by_role("button", name="Create draft").click()
    await page.get_by_role("heading", name=name).wait_for()
    id_ = page.url.rpartition("/")[2]
    edit = {
        "audience": {"field": "tags", "op": "has", "value": tag},
        "template_id": "relationship",
        "brand_id": "northlight",
        "questions": {"en": {"question": "How likely are you to recommend the fair?"}},
    }
    await visit.api("PATCH", f"/scheduler/v1/campaigns/{id_}", edit)
    await visit.go(f"/campaigns/{id_}")
    await page.get_by_role("button", name="Dry run").click()
    await expect(page.get_by_role("dialog")).to_contain_text("1")
    await visit.settled()
    await visit.check(dark=False)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Activate").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("Activate")).click()
    await expect(page.locator("header.page-head .badge")).to_have_text("Active")


async def _customer(place: Place, email: str) -> str:
    async with place.api() as api:
        found: str = (await api.get("/profile/v1/customers", params={"email": email})).json()["items"][0]["id"]
    return found


async def test_answers_are_seen_to_without_a_mouse(visits: Visits, asked: Asked) -> None:
    word = f"phone{new_id()[-6:]}"
    await answer(asked, 2, f"Nobody picks up the {word}.")
    visit = await visits()
    keys = visit.page.keyboard
    await visit.go("/")
    await keys.press("g")
    await keys.press("f")
    await expect(visit.page.get_by_role("heading", name="Feedback", level=1)).to_be_focused()
    # Others answer as well; of the search only this one is left.
    await visit.go(f"/feedback?q={word}")
    mine = visit.page.get_by_role("article")
    await expect(mine).to_have_count(1)

    await keys.press("j")
    await keys.press("n")
    await keys.type("Called back.")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(visit.page.get_by_role("dialog")).to_have_count(0)
    await keys.press("e")

    await expect(mine.get_by_text("Resolved", exact=True)).to_be_visible()
    await expect(mine.get_by_text("1 note", exact=True)).to_be_visible()
    await keys.press("o")
    await expect(visit.page.get_by_role("heading", name="Quinn Asked", level=1)).to_be_focused()


async def test_a_name_is_found_and_opened_by_keys_alone(visits: Visits, asked: Asked) -> None:
    visit = await visits()
    await visit.go("/outbox")
    await visit.page.keyboard.press("/")
    await visit.page.keyboard.type(asked.email)
    await expect(visit.page.get_by_role("option", name=re.compile("Quinn Asked"))).to_be_visible()
    await visit.check(dark=False)
    await visit.page.keyboard.press("Enter")

    await expect(visit.page.get_by_role("heading", name="Quinn Asked", level=1)).to_be_visible()


async def test_two_who_change_the_same_are_told_and_nothing_is_lost(visits: Visits) -> None:
    visit = await visits()
    made = await _draft(visit)
    await visit.go(f"/campaigns/{made['id']}")
    await _is_live(visit.page)
    name = visit.page.get_by_label("Name", exact=True)
    await name.fill("As I want it")
    await visit.api("PATCH", f"/scheduler/v1/campaigns/{made['id']}", {"name": "As they want it"})

    alert = visit.page.get_by_role("alert")
    await expect(alert).to_contain_text(re.compile("meanwhile, and what you change too: name", re.IGNORECASE))
    await visit.check()
    await expect(name).to_have_value("As I want it")
    await alert.get_by_role("button", name="Keep mine on top of theirs").click()
    await visit.page.get_by_role("button", name="Save").click()
    await expect(visit.page.get_by_role("heading", name="As I want it", level=1)).to_be_visible()


async def _draft(visit: Visit) -> dict[str, Any]:
    await visit.go("/campaigns")
    draft = {
        "name": "Two at once",
        "kind": "one_time_email",
        "metric": "nps",
        "template_id": "relationship",
        "brand_id": "northlight",
        "audience": {"field": "tags", "op": "has", "value": "nobody has this"},
        "questions": {"en": {"question": "How likely are you to recommend us?"}},
    }
    made: dict[str, Any] = await visit.api("POST", "/scheduler/v1/campaigns", draft)
    return made


async def test_with_a_service_down_the_rest_works(visits: Visits, place: Place) -> None:
    async with _without_outbox(place) as url:
        visit = await visits(url=url)
        visit.expected.append(r"status of 50\d")
        await visit.go(f"/customers/{place.known['customer']}?tab=outbox")

        await expect(visit.page.get_by_role("alert").first).to_contain_text("“Outbox” does not answer")
        await expect(visit.page.get_by_role("heading", name="General data")).to_be_visible()
        await visit.check()
        await visit.picture("one-service-down")
        await visit.page.get_by_role("tab", name="Feedback").click()
        await expect(visit.page.get_by_role("region", name="Answers")).to_be_visible()


@asynccontextmanager
async def _without_outbox(place: Place) -> AsyncIterator[str]:
    """What another process of the console answers that reaches no outbox."""
    urls: dict[str, Any] = {f"{name}_url": url for name, url in place.services.items() if name != "console"}
    urls |= {"outbox_url": "http://127.0.0.1:9", "public_url": place.url}
    console = build(Settings(chassis=ChassisSettings(http_port=0, log_level="error", **place.settings), **urls))
    try:
        async with console.running(("http",)) as port:
            yield f"http://127.0.0.1:{port}"
    finally:
        console.database.close()
