"""What somebody waits for at the console: weight, click to profile, answer to page, a list of 100,000; by Chromium's own entries.

A whole house runs, with the demo company in it; the other customers are written by profile's own functions.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from benchmarks.customers import seed_some
from benchmarks.processes import say
from benchmarks.report import Report, percentiles
from deploy.local import resolve
from tests.ui import chromium
from tests.ui.asking import Place, answer, ask
from tests.ui.house import inhabited
from tests.ui.visit import Visit

TARGETS = {
    "first_load_js_kb": 260,
    "css_kb": 12,
    "profile_usable_s": 1,
    "score_shows_s": 1,
    "slow_frames": 0.05,
    "input_delay_s": 0.1,
}
LONG_FRAME_MS, PRESSES, PAUSE_MS = 100, 60, 25

LOADED = """async () => {
  const of = (type) => performance.getEntriesByType(type);
  const [page] = of("navigation");
  const files = of("resource").filter((one) => one.name.startsWith(location.origin));
  const sum = (end) => files.filter((one) => new URL(one.name).pathname.endsWith(end))
    .reduce((all, one) => all + one.encodedBodySize, 0) / 1000;
  const seen = (type) => new Promise((done) => {
    const found = [];
    new PerformanceObserver((list) => found.push(...list.getEntries())).observe({ type, buffered: true });
    setTimeout(() => done(found), 300);
  });
  const [largest, shifts, tasks] = await Promise.all(["largest-contentful-paint", "layout-shift", "longtask"].map(seen));
  return {
    js_kb: sum(".js"), css_kb: sum(".css"), files: files.length,
    dom_ready_ms: page.domContentLoadedEventEnd,
    first_paint_ms: of("paint").find((one) => one.name === "first-contentful-paint")?.startTime ?? null,
    largest_paint_ms: largest.at(-1)?.startTime ?? null,
    layout_shift: shifts.filter((one) => !one.hadRecentInput).reduce((all, one) => all + one.value, 0),
    longest_task_ms: Math.max(0, ...tasks.map((one) => one.duration)),
    blocked_ms: tasks.reduce((all, one) => all + Math.max(0, one.duration - 50), 0),
  };
}"""
"""The page's weight and how it came up; sizes as they went over the wire."""

CLICKED = """(link) => new Promise((done, refuse) => {
  const began = performance.now();
  const usable = () => {
    const main = document.querySelector("main");
    const there = main.querySelector(".facts") && main.querySelector('[role="tabpanel"]');
    if (!there || main.querySelector('[aria-busy="true"]')) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => done((performance.now() - began) / 1000)));
  };
  const watcher = new MutationObserver(usable);
  watcher.observe(document.body, { childList: true, subtree: true, attributes: true });
  setTimeout(() => refuse(new Error("The profile did not come.")), 20_000);
  link.click();
})"""
"""Seconds from the click on a name until the profile and its answers stand there and are painted."""

WATCH = """() => {
  const grid = document.querySelector(".grid");
  const seen = window.seen = { frames: [], delays: [], moved: 0 };
  let before = performance.now();
  const frame = (now) => {
    seen.frames.push(now - before);
    before = now;
    if (window.seen === seen) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries())
      if (one.name === "keydown") seen.delays.push((one.processingStart - one.startTime) / 1000);
  }).observe({ type: "event", durationThreshold: 16 });
  let top = grid.scrollTop;
  grid.addEventListener("keydown", () => requestAnimationFrame(() => requestAnimationFrame(() => {
    if (grid.scrollTop !== top) seen.moved += 1;
    top = grid.scrollTop;
  })));
  grid.focus();
}"""
"""Frames, and how long a key waits before the page hears it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=2_000, help="of the demo company")
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--answers", type=int, default=10)


async def run(*, customers: int, people: int, clicks: int, answers: int) -> Report:
    """Start a house, and look at it."""
    with resolve.infrastructure(None, report=say) as at, tempfile.TemporaryDirectory() as folder:
        async with inhabited(Path(folder), at.kafka, at.mongodb, str(people)) as found:
            say("the company is there")
            results = await look(found, customers, clicks, answers)
    return Report(results, ratios(results), TARGETS)


def ratios(results: dict[str, Any]) -> dict[str, float]:
    """What of it has a target."""
    first, list_ = results["pages"]["/"], results["list"]
    return {
        "first_load_js_kb": round(first["js_kb"], 1),
        "css_kb": round(first["css_kb"], 1),
        "profile_usable_s": results["click_to_profile_s"]["p95"],
        "score_shows_s": results["answer_to_page_s"]["p95"],
        "slow_frames": round(list_["slow_frames"], 4),
        "input_delay_s": list_["input_delay_s"]["p95"],
    }


async def look(house: dict[str, Any], customers: int, clicks: int, answers: int) -> dict[str, Any]:
    """At a house where a company is: pages, clicks, and the list once there are so many more customers."""
    place = Place.of(house)
    url, database = place.url, f"{place.settings['database_prefix']}profile"
    async with chromium.browser() as browser:
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        await page.goto(await place.link("bench@localhost"))
        await page.get_by_role("navigation", name="Main").wait_for()
        pages = {path: await _loaded(page, url, path) for path in ("/", "/customers", "/feedback", "/outbox")}
        say("clicks")
        took = [await _click(page, url, number) for number in range(clicks)]
        say("answers")
        shown = [await _answered(page, place, number) for number in range(answers)]
        say(f"{customers:,} customers")
        await asyncio.to_thread(seed_some, place.settings["mongodb"], database, 0, customers)
        return {
            "pages": pages,
            "click_to_profile_s": percentiles(took),
            "answer_to_page_s": percentiles(shown),
            "list": await _scroll(page, url, customers),
        }


async def _loaded(page: Page, url: str, path: str) -> dict[str, Any]:
    """A page as somebody sees it who was never there."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.clearBrowserCache")
    await Visit(page.context, page, url).go(path)
    found: dict[str, Any] = await page.evaluate(LOADED)
    await session.detach()
    return found


async def _click(page: Page, url: str, number: int) -> float:
    await page.goto(f"{url}/customers?sort=-last_score")
    link = page.locator(".grid .who a").nth(number % 12)
    await link.wait_for()
    took: float = await link.evaluate(CLICKED)
    return took


async def _answered(page: Page, place: Place, number: int) -> float:
    """Seconds from the post of an answer until its score and comment stand in the open profile."""
    asked = await ask(place)
    await Visit(page.context, page, place.url).go(f"/customers/{asked.id}")
    await page.locator("header.top .chip.live", has_text="Live").wait_for()
    began, comment = time.perf_counter(), f"Answer number {number}."
    await answer(asked, number % 11, comment)
    await page.get_by_text(comment).wait_for()
    await page.locator(".trend.big", has_text=str(number % 11)).first.wait_for()
    return time.perf_counter() - began


async def _scroll(page: Page, url: str, customers: int) -> dict[str, Any]:
    """Page by page by keys, then by the wheel for as long as it takes to the end."""
    await page.goto(f"{url}/customers")
    await page.locator(".grid .who a").first.wait_for()
    await page.evaluate(WATCH)
    for _ in range(PRESSES):
        await page.keyboard.press("PageDown")
        await page.wait_for_timeout(PAUSE_MS)
    keys = await page.evaluate("() => window.seen")
    await page.mouse.move(700, 600)
    rows = await _wheel_to_end(page, customers)
    frames = (await page.evaluate("() => window.seen"))["frames"]
    return {
        "customers": customers,
        "rows_reached": rows,
        "frames": len(frames),
        "slow_frames": sum(one > LONG_FRAME_MS for one in frames) / max(1, len(frames)),
        "frame_ms": percentiles(frames),
        "keys_that_moved": keys["moved"],
        "keys": PRESSES,
        # Below 16 ms from key to paint an event has no entry at all.
        "input_delay_s": percentiles(keys["delays"] or [0.0]),
    }


async def _wheel_to_end(page: Page, customers: int) -> int:
    reached, stuck = 0, 0
    while reached < customers and stuck < 100:
        await page.mouse.wheel(0, 40_000)
        await page.wait_for_timeout(PAUSE_MS)
        now = await page.evaluate(
            "() => Math.max(0, ...[...document.querySelectorAll('.grow-row')].map((one) => one.ariaRowIndex - 1))"
        )
        stuck = 0 if now > reached else stuck + 1
        reached = max(reached, now)
    return reached
