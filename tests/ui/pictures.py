"""The pictures of the user guide and the README: `python -m tests.ui.pictures`, or `make screenshots`.

A house of its own runs for it, with the demo company in it, so that they show what `make up` does.
"""

import argparse
import asyncio
import base64
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, Page, expect

from chassis import clock
from deploy.local import resolve
from tests.house import ROOT
from tests.ui import chromium
from tests.ui.house import inhabited
from tests.ui.visit import Visit

FOLDER = ROOT / "docs" / "guide" / "user" / "pictures"
SHOTS = {
    "dashboard": "/?period=365",
    "customers": "/customers?sort=-last_score",
    "profile": "/customers/{customer}",
    "feedback": "/feedback?comment=true",
    "answer": "/feedback/{answer}",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/relationship-nps",
    "template": "/templates/relationship",
    "outbox": "/outbox",
    "record": "/outbox?record={record}",
    "import": "/imports/{import}",
    "settings": "/settings?tab=users",
}
DARK = ("dashboard", "profile")
"""Those that the README shows by night as well."""
MIA = {"email": "mia@northlight.example", "name": "Mia Berg", "role": "admin"}
COLLEAGUES = (
    {"email": "tom@northlight.example", "name": "Tom Reyes", "role": "manager"},
    {"email": "lena@northlight.example", "name": "Lena Fuchs", "role": "agent"},
)
INVITED = {"email": "omar@northlight.example", "name": "Omar Haddad", "role": "viewer"}
QUIET_S = 10
SQUEEZE = """async (png) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.86).split(",")[1];
}"""


async def main(people: str) -> None:
    """Start a house, look around, keep what was seen."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with resolve.infrastructure(None) as at, tempfile.TemporaryDirectory() as folder:
        async with inhabited(Path(folder), at.kafka, at.mongodb, people) as found, chromium.browser() as browser:
            await _at_rest(found["status"])
            await _look_around(browser, found["status"], found["known"])


async def _at_rest(status: dict[str, Any]) -> None:
    """Wait until all that the company has moved in with was counted: until no figure changes any more."""
    headers = {"Authorization": f"Bearer {status['api_key']}"}
    today = clock.now().date()
    period = {"first_day": str(today - timedelta(days=364)), "last_day": str(today)}
    before: list[Any] = []
    async with httpx.AsyncClient(base_url=status["services"]["console"], headers=headers, timeout=60) as api:
        while True:
            funnel = await api.post("/api/feedback/v1/dashboard/funnel", json=period)
            now = [funnel.raise_for_status().json(), (await api.get("/api/outbox/v1/stats")).json()["total"]]
            if now == before:
                return
            before = now
            await asyncio.sleep(QUIET_S)


async def _look_around(browser: Browser, status: dict[str, Any], known: dict[str, str]) -> None:
    url = status["services"]["console"]
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
    )
    page = await context.new_page()
    await _move_in(browser, url, status["api_key"])
    await _sign_in(context, page, url, status["api_key"], MIA)
    visit, squeezer = Visit(context, page, url), await (await browser.new_context()).new_page()
    for name, path in SHOTS.items():
        await visit.go(path.format(**known))
        if name == "answer":  # whose name comes after what they said
            await expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile("Customer$"), timeout=20_000)
        if name == "record":
            await page.get_by_role("button", name="View mail as sent").click()
        if name in {"record", "template"}:
            await page.frame_locator("iframe").locator("a").first.wait_for()
            await visit.settled()
        await _keep(page, squeezer, name)
        if name in DARK:
            await visit.look("dark")
            await _keep(page, squeezer, f"{name}-dark")
            await visit.look("light")


async def _move_in(browser: Browser, url: str, key: str) -> None:
    """Nobody is in the house but the company's own people: some have been here, one is invited."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as api:
        # The last admin cannot be removed, so hers comes first.
        hers = (await api.post("/v1/sign-in-links", json=MIA)).raise_for_status().json()["user"]["id"]
        for one in (await api.get("/v1/users")).raise_for_status().json()["items"]:
            if one["id"] != hers:
                (await api.delete(f"/v1/users/{one['id']}")).raise_for_status()
        (await api.post("/v1/users", json=INVITED)).raise_for_status()
    for one in COLLEAGUES:
        context = await browser.new_context()
        await _sign_in(context, await context.new_page(), url, key, one)
        await context.close()


async def _sign_in(context: BrowserContext, page: Page, url: str, key: str, who: dict[str, str]) -> None:
    made = await context.request.post(f"{url}/v1/sign-in-links", data=who, headers={"Authorization": f"Bearer {key}"})
    await page.goto((await made.json())["link"])
    await expect(page.locator("header.top .chip.live")).to_have_text("Live")


async def _keep(page: Page, squeezer: Page, name: str) -> None:
    png = base64.b64encode(await page.screenshot()).decode()
    webp = base64.b64decode(await squeezer.evaluate(SQUEEZE, png))
    (FOLDER / f"{name}.webp").write_bytes(webp)
    sys.stdout.write(f"{FOLDER.relative_to(ROOT)}/{name}.webp: {len(webp) / 1000:.0f} kB\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", default="2000", help="of the demo company")
    asyncio.run(main(parser.parse_args().people))
