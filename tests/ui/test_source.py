"""The web app's sources: their own tests, and their style."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.ui.asking import Place

pytestmark = pytest.mark.timeout(600)
"""Whichever comes first waits until the house has started."""
BESIDE = Path(sys.executable).parent


@pytest.mark.parametrize("script", ["test", "lint"])
async def test_the_sources_pass_their_own_checks(place: Place, script: str) -> None:
    """Its packages are there since the house has built it."""
    del place
    environment = {**os.environ, "PATH": f"{BESIDE}{os.pathsep}{os.environ['PATH']}", "CI": "1"}
    run = await asyncio.create_subprocess_exec(
        *(BESIDE / "npm", "run", "--silent", script),
        cwd=ROOT / "console",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await run.communicate()

    assert run.returncode == 0, said.decode()
