"""Each service with its own extra alone, in an environment of its own: what is missing there is missing in production."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES
from tests.house import ROOT

UV = Path(sys.executable).with_name("uv")
BUILD = """
import asyncio, json
from chassis.settings import ChassisSettings
from services.{name}.main import build
from services.{name}.settings import Settings

async def main():
    chassis = ChassisSettings(kafka="127.0.0.1:1", mongodb="mongodb://127.0.0.1:1", signing_keys=["a key for this only"])
    service = build(Settings(chassis=chassis))
    print(json.dumps([service.name, len(service.app().routes) > 5]))
    service.database.close()

asyncio.run(main())
"""


async def _run(*argv: str | Path, cwd: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *map(str, argv), cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode or 0, output.decode()


async def _installed(what: str, folder: Path) -> Path:
    """The Python of a fresh environment that holds this and what it asks for."""
    source, python = folder / "source", folder / "venv/bin/python"
    source.mkdir()
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "chassis",
        "commons",
        "services",
        "sounding",
        "deploy",
        "contracts",
    ):
        original = ROOT / name
        (shutil.copytree if original.is_dir() else shutil.copy)(original, source / name)
    made = await _run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=source)
    assert made[0] == 0, made[1]
    installed = await _run(UV, "pip", "install", "--quiet", "--python", python, what, cwd=source)
    assert installed[0] == 0, installed[1]
    return python


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_needs_no_more_than_its_extra(name: str, tmp_path: Path) -> None:
    python = await _installed(f".[{name}]", tmp_path)

    assert await _run(python, "-W", "error", "-c", BUILD.format(name=name), cwd=tmp_path) == (0, f'["{name}", true]\n')
    code, said = await _run(python.with_name("sounding"), "version", cwd=tmp_path)
    assert code == 0, said


async def test_without_its_extra_a_service_does_not_start(tmp_path: Path) -> None:
    python = await _installed(".", tmp_path)

    code, said = await _run(python, "-c", BUILD.format(name="outbox"), cwd=tmp_path)

    assert code == 1
    assert "ModuleNotFoundError" in said
