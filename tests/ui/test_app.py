"""A survey in somebody's app: the snippet on a page of another site, under a policy as strict as they come."""

import httpx
import pytest
from playwright.async_api import Route, expect

from tests.ui.asking import Place
from tests.ui.conftest import Visits
from tests.ui.visit import NARROW

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""
HOST = "https://app.example"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>An app</title>
<script src="{console}/snippet.js" defer></script><script src="/app.js" defer></script>
<main><h1>An app</h1><label>Search <input></label></main></html>"""
START = """Sounding.init({{ endpoint: "https://surveys.example", brand: "northlight", user: {{ token: "t" }},
  on: (what) => {{ document.title = what; }} }});"""
SURVEY = {
    "show": "s1",
    "campaign_id": "in-app-nps",
    "metric": "nps",
    "language": "en",
    "questions": {
        "question": "How likely are you to recommend us?",
        "low_label": "Not at all",
        "high_label": "Very",
        "comment_questions": {"promoter": "What do you like best?", "detractor": "What went wrong?"},
        "thanks": "Thank you. We read it.",
    },
    "further_questions": [],
    "url": "https://surveys.example/s/abc",
    "survey_token": "abc",
}
ANYWHERE = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}


async def test_a_survey_is_answered_where_it_is_shown(visits: Visits, place: Place) -> None:
    visit = await visits(known=False)
    posted: list[dict[str, str]] = []
    policy = f"default-src 'none'; script-src 'self' {place.url}; connect-src https://surveys.example"

    async def app(route: Route) -> None:
        script = route.request.url.endswith(".js")
        await route.fulfill(
            content_type="text/javascript" if script else "text/html",
            body=START.format() if script else PAGE.format(console=place.url),
            headers={"Content-Security-Policy": policy},
        )

    async def surveys(route: Route) -> None:
        form = route.request.headers.get("content-type", "").startswith("application/x-www-form")
        if form:
            posted.append(dict(httpx.QueryParams(route.request.post_data or "")))
        found = {"survey": SURVEY, "reason": None} if route.request.url.endswith("/survey") else {}
        await route.fulfill(json=found, headers=ANYWHERE)

    await visit.page.route(f"{HOST}/**", app)
    await visit.page.route("https://surveys.example/**", surveys)
    await visit.page.goto(f"{HOST}/")
    await expect(visit.page.get_by_role("dialog", name="How likely are you to recommend us?")).to_be_visible()
    await visit.page.get_by_role("button", name="9", exact=True).click()
    await visit.check()
    await visit.picture("snippet")
    await visit.page.set_viewport_size(NARROW)
    assert await visit.wider() == []
    await visit.page.get_by_label("What do you like best?").fill("It is quick.")
    await visit.page.get_by_role("button", name="Send").click()

    await expect(visit.page.get_by_role("heading", name="Thank you. We read it.")).to_be_visible()
    assert posted[-1] == {"score": "9", "language": "en", "comment": "It is quick."}
    assert all(one.get("provisional") for one in posted[:-1])
    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_role("dialog")).to_have_count(0)
