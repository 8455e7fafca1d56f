"""Somebody at a browser, and what must hold of whatever they look at."""

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from tests.house import ROOT

AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(os.environ.get("UI_PICTURES", ROOT / "build" / "ui"))
NARROW, PHONE, WIDE = [ViewportSize(width=w, height=h) for w, h in ((320, 720), (360, 780), (1280, 800))]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WATCH = """addEventListener("securitypolicyviolation",
  (event) => console.error("CSP refused " + event.violatedDirective + " " + event.blockedURI));"""
LOOK = """async ([standards, only]) => {
  const rules = { "target-size": { enabled: true } };
  const wanted = only ? { runOnly: { type: "rule", values: only } }
    : { runOnly: { type: "tag", values: standards }, rules };
  // The mail's frame has an origin of its own: the checks cannot look into it, and asking it is an error of the page.
  const { violations } = await axe.run(document, { ...wanted, iframes: false, resultTypes: ["violations"] });
  return violations.map((one) => `${one.id}: ` + one.nodes.map((node) => node.html.slice(0, 160)).join(" | "));
}"""
WIDER = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 1)
    .slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
}"""
PILED = """() => {
  const cards = [...document.querySelectorAll("main .card")]
    .filter((one) => one.checkVisibility() && !one.parentElement.closest(".card"))
    .map((one) => ({ one, at: one.getBoundingClientRect() }));
  const upon = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return cards.flatMap(({ one, at }, place) => cards.slice(place + 1).filter((other) => upon(at, other.at))
    .map((other) => `${one.textContent.slice(0, 40)} | ${other.one.textContent.slice(0, 40)}`));
}"""
Scheme = Literal["dark", "light"]


@cache
def axe() -> str:
    """The checks' source; the lock of the web app names its version."""
    return AXE.read_text(encoding="utf-8")


@dataclass
class Visit:
    """A page that somebody has open; all that its browser complains of is a fault, but for what the test expects."""

    context: BrowserContext
    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear what the browser complains of."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"thrown: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.text} ({message.location.get('url', '')})")

    def unexpected(self) -> list[str]:
        """What went wrong that the test did not bring about."""
        return [one for one in self.faults if not any(re.search(known, one) for known in self.expected)]

    async def go(self, path: str) -> None:
        """Open a page, and wait until it has what it shows."""
        await self.page.goto(self.url + path)
        await self.settled()

    async def settled(self) -> None:
        """Wait until the page shows what it is about."""
        await expect(self.page.locator("h1").first).to_be_visible()
        await expect(self.page.locator('[aria-busy="true"]')).to_have_count(0, timeout=20_000)
        # Nothing that is still on its way in or out: half there, a text has half its contrast.
        await self.page.evaluate(
            "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
        )

    async def look(self, scheme: Scheme) -> None:
        """In a light or a dark room."""
        await self.page.emulate_media(color_scheme=scheme)

    async def breaches(self, *only: str) -> list[str]:
        """What somebody could not perceive or use, of all that is on the page."""
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate(axe())
        found: list[str] = await self.page.evaluate(LOOK, [STANDARDS, list(only) or None])
        return found

    async def heard(self) -> list[str]:
        """The parts of the page in their order, as a screen reader meets them: role, name, state."""
        told = await self.page.locator("body").aria_snapshot()
        return [re.sub(r"^[\s'-]+", "", line).rstrip(":'") for line in told.split("\n")]

    async def wider(self) -> list[str]:
        """What sticks out of the page at its right."""
        found: list[str] = await self.page.evaluate(WIDER)
        return found

    async def piled(self) -> list[str]:
        """Cards of which one hides another, which makes no page wider."""
        found: list[str] = await self.page.evaluate(PILED)
        return found

    async def check(self, *, dark: bool = True) -> None:
        """All that must hold of any page in any state, in both themes."""
        assert await self.breaches() == []
        if dark:
            await self.look("dark")
            assert await self.breaches("color-contrast", "link-in-text-block") == []
            await self.look("light")

    async def picture(self, name: str) -> None:
        """Keep what it looks like, for people to look at."""
        await self.page.screenshot(path=PICTURES / f"{name}.png")

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask as the page would."""
        return await self.page.evaluate(
            """async ([method, path, body]) => {
              const { csrf_token } = await (await fetch("/api/session")).json();
              const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf_token };
              const answer = await fetch("/api" + path, { method, headers, body: body && JSON.stringify(body) });
              if (!answer.ok) throw new Error(await answer.text());
              return answer.status === 204 ? null : answer.json();
            }""",
            [method, path, body],
        )
