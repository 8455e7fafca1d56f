"""The user guide: every page of it is served, for everybody, and what it shows is there."""

import re

import pytest
from playwright.async_api import expect

from tests.house import ROOT
from tests.ui.conftest import Visits
from tests.ui.visit import NARROW, WIDE

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""
GUIDE = ROOT / "docs" / "guide" / "user"
LARGEST = 1_500_000
PAGES = sorted(path.stem for path in GUIDE.glob("*.md"))


async def test_every_page_of_the_guide_is_for_everybody(visits: Visits) -> None:
    """Nobody need be signed in for it. A picture that is not there is a fault that the browser complains of."""
    visit = await visits(known=False)
    for name in PAGES:
        await visit.go("/help/" if name == "index" else f"/help/{name}/")

        await expect(visit.page.get_by_role("heading", level=1)).to_have_text(_title(name))
        await expect(visit.page.get_by_role("navigation").get_by_role("link")).to_have_count(len(PAGES))
        await visit.check(dark=name == "index")
        await visit.page.set_viewport_size(NARROW)
        assert await visit.wider() == [], name
        await visit.page.set_viewport_size(WIDE)


def _title(name: str) -> str:
    found = re.search(r"^# (.+)$", (GUIDE / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_every_link_and_picture_of_the_guide_leads_somewhere_and_all_pictures_are_small() -> None:
    texts = "".join((GUIDE / f"{name}.md").read_text(encoding="utf-8") for name in PAGES)
    pictures = {path.name for path in (GUIDE / "pictures").glob("*.webp")}

    assert set(re.findall(r"\]\(([a-z-]+)\.md", texts)) <= set(PAGES)
    assert set(re.findall(r"\(pictures/([\w.-]+)\)", texts)) <= pictures
    assert sum((GUIDE / "pictures" / name).stat().st_size for name in pictures) < LARGEST
