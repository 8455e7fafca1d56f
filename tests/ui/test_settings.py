"""What one does on the Settings page."""

import pytest
from playwright.async_api import expect

from chassis.ids import new_id
from tests.ui.asking import Place
from tests.ui.conftest import Visits

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""


async def test_what_a_webhook_is_told_is_changed_after_it_was_made(visits: Visits, place: Place) -> None:
    name = f"Help desk {new_id()[-6:]}"
    visit = await visits()
    async with place.api() as api:
        draft = {"name": name, "url": "https://1.1.1.1/answers", "paused": True}
        made = (await api.post("/feedback/v1/webhooks", json=draft)).raise_for_status().json()
    await visit.go("/settings?tab=webhooks")

    row = visit.page.get_by_role("row", name=name)
    await row.get_by_role("button", name="Actions").click()
    await visit.page.get_by_role("menuitem", name="Edit").click()
    dialog = visit.page.get_by_role("dialog", name=f"Edit “{name}”")
    await dialog.get_by_label("An answer was taken out for good").check()
    await dialog.get_by_label("An answer was given or changed").uncheck()
    await dialog.get_by_label("Name").fill(f"{name} of ours")
    await visit.check()
    await dialog.get_by_role("button", name="Save").click()

    await expect(visit.page.get_by_role("row", name=f"{name} of ours")).to_contain_text("taken out for good")
    async with place.api() as api:
        found = (await api.get(f"/feedback/v1/webhooks/{made['id']}")).json()
        await api.delete(f"/feedback/v1/webhooks/{made['id']}")
    kept = {field: found[field] for field in ("name", "url", "types", "paused")}
    assert kept == {**draft, "name": f"{name} of ours", "types": ["response.removed"]}
