"""The web app's files: kept where they may be, under a strict policy; and what is said without them."""

import gzip
import re
from pathlib import Path

import httpx
import pytest

from tests.console.house import House
from tests.waiting import PATIENCE_SECONDS

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "console.log('hello');\n" * 200


@pytest.fixture
def built(static: Path) -> Path:
    (static / "assets").mkdir(exist_ok=True)
    (static / "index.html").write_text('<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__">the app')
    (static / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (static / "favicon.svg").write_text("<svg/>")
    (static / ".source-hash").write_text("secret")
    return static


async def test_without_a_build_it_says_how_to_make_one_and_the_api_works(house: House, tmp_path: Path) -> None:
    async with (
        house.other(static=tmp_path / "nothing") as url,
        httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client,
    ):
        page = await client.get("/", headers=BROWSER)

        assert page.status_code == 503
        assert "make console" in page.text
        assert (await client.get("/api/session")).status_code == 200


@pytest.mark.usefixtures("built")
async def test_any_address_of_the_app_is_the_app_under_a_fresh_nonce(house: House) -> None:
    client = house.stranger().client
    first, second = [await client.get("/customers/c1?tab=feedback", headers=BROWSER) for _ in range(2)]

    policies = [answer.headers["content-security-policy"] for answer in (first, second)]
    nonces = [found.group(1) for policy in policies if (found := re.search("'nonce-([^']+)'", policy))]
    assert f'nonce="{nonces[0]}"' in first.text
    assert len(set(nonces)) == 2
    assert "unsafe" not in policies[0]
    assert "report-uri /api/csp-reports" in policies[0]
    assert "no-cache" in first.headers["cache-control"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["x-frame-options"] == "DENY"


@pytest.mark.usefixtures("built")
async def test_hashed_files_are_kept_for_ever_and_sent_squeezed(house: House) -> None:
    client = house.stranger().client
    plain = await client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
    async with client.stream("GET", "/assets/app-1a2b.js") as squeezed:
        raw = b"".join([piece async for piece in squeezed.aiter_raw()])

    assert plain.text == SCRIPT
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in plain.headers["cache-control"]
    assert gzip.decompress(raw).decode() == SCRIPT
    assert len(raw) < len(SCRIPT) / 10
    assert (await client.get("/favicon.svg")).headers["cache-control"] == "no-cache"


async def test_other_sites_may_load_the_snippet_and_nothing_else(house: House, built: Path) -> None:
    (built / "snippet.js").write_text("1")
    (built / "index.html").write_text("the app with a snippet")
    client = house.stranger().client

    policies = {
        path: (await client.get(path)).headers["cross-origin-resource-policy"]
        for path in ("/snippet.js", "/favicon.svg", "/assets/app-1a2b.js")
    }

    assert policies == {
        "/snippet.js": "cross-origin",
        "/favicon.svg": "same-origin",
        "/assets/app-1a2b.js": "same-origin",
    }


@pytest.mark.usefixtures("built")
async def test_a_file_that_is_missing_is_no_page(house: House) -> None:
    client = house.stranger().client

    for path in ("/assets/gone-9f.js", "/.source-hash", "/assets/../../settings.py", "/%2e%2e/settings.py"):
        assert (await client.get(path)).status_code == 404, path
    assert (await client.get("/assets/gone-9f.js", headers=BROWSER)).status_code == 404


@pytest.mark.usefixtures("built")
async def test_a_new_build_is_sent_without_a_restart(house: House, built: Path) -> None:
    client = house.stranger().client
    assert (await client.get("/assets/app-3c4d.js")).status_code == 404

    (built / "assets" / "app-3c4d.js").write_text("new")
    (built / "index.html").write_text("the new app")

    assert (await client.get("/", headers=BROWSER)).text == "the new app"
    assert (await client.get("/assets/app-3c4d.js")).text == "new"


async def test_what_a_browser_blocked_can_be_looked_at(house: House) -> None:
    body = {"csp-report": {"blocked-uri": "inline", "violated-directive": "script-src"}}
    client = house.stranger().client

    sent = await client.post("/api/csp-reports", json=body, headers={"Content-Type": "application/csp-report"})
    wrong = await client.post("/api/csp-reports", content=b"[1]")

    assert (sent.status_code, wrong.status_code) == (204, 422)
    items = (await house.operator.get("/v1/csp-reports")).json()["items"]
    assert items[0]["report"] == {"blocked-uri": "inline", "violated-directive": "script-src"}


@pytest.mark.usefixtures("built")
async def test_a_page_of_its_own_is_sent_under_the_policy_too(house: House, built: Path) -> None:
    (built / "help").mkdir(exist_ok=True)
    (built / "help" / "index.html").write_text('<!doctype html><style nonce="__CSP_NONCE__"></style>how to')
    (built / "index.html").write_text("the app with help")
    client = house.stranger().client

    for path in ("/help", "/help/", "/help/index.html"):
        page = await client.get(path, headers=BROWSER)
        assert "how to" in page.text
        assert "__CSP_NONCE__" not in page.text
        assert "'nonce-" in page.headers["content-security-policy"]


async def test_mails_are_looked_at_in_a_frame_that_may_do_nothing(house: House) -> None:
    frame = await house.stranger().client.get("/frame")

    policy = frame.headers["content-security-policy"]
    assert "sandbox allow-scripts allow-popups" in policy
    assert "allow-same-origin" not in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    [nonce] = re.findall("script-src 'nonce-([^']+)'", policy)
    assert f'<script nonce="{nonce}">' in frame.text
