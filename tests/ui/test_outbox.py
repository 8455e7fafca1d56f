"""What one does on the Outbox page: take back what waits, and see which mail servers hold us back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from chassis.ids import new_id
from chassis.mongo import Database
from chassis.service import open_service_database
from chassis.settings import ChassisSettings
from services.outbox import commands, store
from services.outbox.domain.pacing import Full
from services.outbox.domain.refusals import Bound
from tests.ui.asking import Place
from tests.ui.conftest import Visits
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""
QUESTION = {"en": {"question": "How likely are you to recommend us?"}}


async def _waiting(place: Place, count: int) -> tuple[str, list[str]]:
    """A campaign whose template nobody has written yet, so that its surveys wait; and whom they are for."""
    tag = f"waits {new_id()[-6:]}"
    draft = {
        "name": f"Of those who wait {tag[-6:]}",
        "kind": "recurring_email",
        "metric": "nps",
        "template_id": f"unwritten-{tag[-6:]}",
        "brand_id": "northlight",
        "audience": {"field": "tags", "op": "has", "value": tag},
        "schedule": {"first_after_days": 0, "every_days": 90, "clock": "this_campaign"},
        "questions": QUESTION,
    }
    async with place.api() as api:
        campaign = (await api.post("/scheduler/v1/campaigns", json=draft)).raise_for_status().json()["id"]
        (await api.post(f"/scheduler/v1/campaigns/{campaign}/activate")).raise_for_status()
        people = []
        for number in range(count):
            person = {"email": f"w{number}.{new_id()[-8:]}@example.com", "first_name": f"Wim{number}", "tags": [tag]}
            people.append((await api.post("/profile/v1/customers", json=person)).raise_for_status().json()["id"])

        async def asked() -> bool:
            found = await api.get("/outbox/v1/dispatches", params={"campaign_id": campaign, "state": "queued"})
            return len(found.json()["items"]) == count

        await eventually(asked)
    return campaign, people


async def _say_why(page: Page, note: str) -> None:
    await page.get_by_role("dialog").last.get_by_label("Why").fill(note)
    await page.get_by_role("dialog").last.get_by_role("button", name="Take back").click()
    await expect(page.get_by_role("button", name="Take back", exact=True)).to_have_count(0)


async def test_what_waits_is_taken_back_one_by_one_and_all_of_a_campaign(visits: Visits, place: Place) -> None:
    campaign, (first, *_) = await _waiting(place, 3)
    visit = await visits()
    page = visit.page
    await visit.go(f"/customers/{first}?tab=outbox")

    await page.get_by_role("button", name="Take back").click()
    await page.get_by_role("dialog", name="Take this survey back").wait_for()
    await visit.check()
    await visit.picture("take-back")
    await _say_why(page, "Their complaint is open.")
    await expect(page.get_by_role("cell", name="Taken back")).to_be_visible()

    await page.get_by_role("button", name="(no mail was made)").click()
    await expect(page.get_by_role("dialog")).to_contain_text("note: Their complaint is open.")
    await visit.go(f"/outbox?campaign={campaign}")
    await expect(page.get_by_role("button", name="Take back")).to_have_count(2)
    await visit.go(f"/campaigns/{campaign}")
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name="Take back what waits").click()
    await page.get_by_role("dialog", name="Take back what waits").wait_for()
    await visit.check(dark=False)
    await _say_why(page, "Wrong audience.")
    await expect(page.get_by_text("2 surveys were taken back.")).to_be_visible()

    assert (await _held(place, first, campaign))["held_by"] == ["taken-back"]


async def _held(place: Place, customer: str, campaign: str) -> dict[str, Any]:
    """What the campaign has in mind for the customer, once something holds it back."""
    async with place.api() as api:

        async def told() -> Any:
            found = (await api.get(f"/scheduler/v1/customers/{customer}/next-survey")).json()["campaigns"]
            return next((one for one in found if one["campaign_id"] == campaign and one["held_by"]), None)

        found: dict[str, Any] = await eventually(told)
    return found


@asynccontextmanager
async def _outbox(place: Place) -> AsyncIterator[Database]:
    database = open_service_database(ChassisSettings(**place.settings), "outbox")
    try:
        yield database
    finally:
        database.close()


async def test_mail_servers_that_hold_us_back_are_named_and_can_be_opened(visits: Visits, place: Place) -> None:
    """As outbox notes it when a server answers 421, or refuses one mail after the other by policy."""
    name = new_id()[-6:]
    slow, strict = f"slow-{name}.example", f"strict-{name}.example"
    visit = await visits()
    async with _outbox(place) as database:
        await database.transact(lambda tx: commands.slow_down(tx, slow, Full(rate=20, connections=8)))
        await database.transact(
            lambda tx: commands.note_refusals(tx, strict, sent=3, refused=17, bound=Bound(share=0.1, least=10))
        )
        try:
            await _look(visit.page, slow, strict, visit)
        finally:
            await database.transact(lambda tx: store.save_pace(tx, slow, None))


async def _look(page: Page, slow: str, strict: str, visit: Any) -> None:
    await visit.go("/outbox")
    card = page.get_by_role("region", name="Mail servers that hold us back")
    slowed, stopped = (card.get_by_role("row", name=re.compile(one)) for one in (slow, strict))
    await expect(slowed).to_contain_text("Now 10 mails a second, 0 of")
    await expect(stopped).to_contain_text("It refused 17 of 20 mails within an hour as unwanted.")
    await visit.check()
    await visit.picture("outbox-held-back")

    await stopped.get_by_role("button", name="Open again").click()
    dialog = page.get_by_role("dialog", name=f"Open {strict} again")
    await dialog.get_by_label("Why (optional)").fill("We are off the list.")
    await visit.check(dark=False)
    await dialog.get_by_role("button", name="Open again").click()

    await expect(page.get_by_text(f"Mails go to {strict} again.")).to_be_visible()
    await expect(stopped).to_have_count(0)
    await expect(slowed).to_be_visible()
