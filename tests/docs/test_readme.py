"""The README's commands, run as written; what it promises is there."""

import asyncio
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.house import ROOT, House, free_base
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.timeout(400)

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in blocks if name == language]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with the demo company, as `make up` makes it."""
    made = House(tmp_path / "data", free_base())
    # `-o install`: else an older .venv would be renewed under the feet of the tests that run now.
    await made.start_by("make", "-o", "install", "up", f"PORT_BASE={made.base}")
    yield made
    await made.stop(signal.SIGTERM)


def test_every_command_of_the_readme_is_run_here() -> None:
    """`make test` is what runs this; tests/docs/test_contributing.py runs a few tests by it."""
    commands = [line for block in _blocks("") for line in block.splitlines()]

    assert commands == [
        *("make up", "make test"),
        *(".venv/bin/sounding send-sync --file customers.ndjson", ".venv/bin/sounding status --json"),
    ]
    assert set(re.findall(r"`(make [a-z]+)`", README)) == {"make up", "make clean"}


async def test_the_main_job_by_hand_goes_as_written(house: House, tmp_path: Path) -> None:
    status = await house.ready()
    await _where_to_go_leads_there(house)
    (tmp_path / "customers.ndjson").write_text(_blocks("json")[0])

    [command] = [block for block in _blocks("") if "send-sync" in block]
    await _as_written(house, command, tmp_path)

    await _answer(status, "you@example.com", 9)
    customer = await eventually(lambda: _with_score(house, status, "you@example.com"))
    assert (customer["last_score"], customer["score_trend"]) == (9, [9])
    assert customer["next_survey"]["reason"] == "recurring"
    await _run_python(house, _blocks("python")[0])
    found = await eventually(lambda: house.customer(status, "bob@example.com"))
    assert found["source"] == "crm"
    for command in [*re.findall(r"`\.venv/bin/sounding ([^`]+)`", README), "status --json"]:
        code, _, complaint = await house.run(*shlex.split(command))
        assert code == 0, complaint
    await _clean_refuses_while_it_runs_and_removes_after(house)


async def _where_to_go_leads_there(house: House) -> None:
    """Each place that `make up` prints opens in a browser; the line with curl gives a customer as JSON."""
    said = await eventually(lambda: house.log if "Ctrl-C stops" in house.log else "")
    assert said.index("… starting Kafka") < said.index("… loading the demo company") < said.index("is ready")
    async with httpx.AsyncClient(timeout=30) as client:
        pages = re.findall(r"^  .+?  (http\S+)$", said, re.MULTILINE)
        assert len(pages) == 8
        for page in pages:
            shown = await client.get(page, headers={"Accept": "text/html"})
            # Whether the web app is built here is another matter; without it the console says how to.
            status = {200, 503} if "/sign-in#" in page else {200}
            assert (shown.status_code in status, "text/html" in shown.headers["content-type"]) == (True, True), page
            assert "customers?" not in page or "Last score" in shown.text
        [curl] = [shlex.split(line)[1:] for line in re.findall(r"curl .+", said)]
        assert curl[:2] == ["-s", "-H"]
        name, value = curl[2].split(": ")
        [customer] = (await client.get(curl[3], headers={name: value})).json()["items"]
    assert "score_trend" in customer


async def _clean_refuses_while_it_runs_and_removes_after(house: House) -> None:
    assert await _make(house, "clean") != 0
    assert house.folder.exists()
    await house.ctrl_c()
    assert await _make(house, "clean") == 0
    assert not house.folder.exists()


async def _make(house: House, target: str) -> int:
    process = await asyncio.create_subprocess_exec(
        "make", target, cwd=ROOT, env=house.environment, stderr=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(process.wait(), 60)


async def _as_written(house: House, command: str, folder: Path) -> None:
    words = shlex.split(command)
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "sounding", *words[1:]],
        cwd=folder,
        env={**house.environment, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def _answer(status: dict[str, Any], address: str, score: int) -> None:
    """Open the mailbox, follow the link behind the score, write a word and send."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:

        async def mail() -> dict[str, Any] | None:
            found = await client.get(f"{status['mailbox']}/api/messages", params={"to": address})
            items: list[dict[str, Any]] = found.json()["items"]
            return items[0] if items else None

        html = (await eventually(mail))["html"]
        link = next(url for url in re.findall(r'href="([^"]+/s/[^"]+)"', html) if f"score={score}" in url)
        page = await client.get(link.replace("&amp;", "&"))
        assert page.status_code == 200
        posted = await client.post(link.split("?")[0], data={"score": str(score), "comment": "Well done."})
        assert posted.status_code in {200, 303}


async def _with_score(house: House, status: dict[str, Any], address: str) -> dict[str, Any] | None:
    customer = await house.customer(status, address)
    return customer if customer and customer["last_score"] is not None else None


async def _run_python(house: House, code: str) -> None:
    """The block as written, but for the port of this test's Kafka."""
    assert "127.0.0.1:8492" in code
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code.replace("127.0.0.1:8492", f"127.0.0.1:{house.base + 92}")
    )
    assert await asyncio.wait_for(process.wait(), 60) == 0
