"""A full disk, an old Python, no way to the registry: said in a sentence, with the way out."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.local.errors import InfrastructureError
from deploy.local.process import LOOSE
from deploy.local.stack import Ports
from deploy.local.supervisor import Supervisor, _Watched
from deploy.local.up import Wanted, up
from tests.house import ROOT


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Says how much the disk has left."""

    def have(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, 0, free))

    return have


class Server:
    """One that has ended, and starts again only with room on the disk."""

    address, pid, alive, room = "here", 1, False, False

    def start(self) -> None:
        if not self.room:
            raise OSError(28, "No space left on device")
        self.alive = True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def test_a_start_on_a_full_disk_is_refused_before_anything_is_written(
    tmp_path: Path, free: Callable[[int], None]
) -> None:
    free(486_000_000)

    with pytest.raises(InfrastructureError, match=r"Only 486 MB are free .* needs 1,000 MB. Make room, or .* --data"):
        up(Wanted(tmp_path / "data", Ports(9_400), None), view=None)  # type: ignore[arg-type]

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_is_named_and_what_ended_goes_on_once_there_is_room(
    tmp_path: Path, free: Callable[[int], None]
) -> None:
    said: list[str] = []
    kafka = Server()
    watching = Supervisor(tmp_path / "logs", LOOSE, said.append)
    watched = _Watched("Kafka", kafka, pause=0)

    free(0)
    watching._look_after(watched)
    watching._look_after(watched)
    free(2_000_000_000)
    watching._look_after(watched)
    kafka.room = True
    watching._look_after(watched)

    assert "The disk is full: 0 MB are free" in said[0]
    assert said[1] == "Kafka could not be started: [Errno 28] No space left on device"
    assert f"See {tmp_path}" in said[2]
    assert (said[3:], kafka.alive) == (["Kafka was started again"], True)


async def _install(folder: Path, **programs: str) -> tuple[int, str]:
    """Run the installer in a folder of its own, with programs of ours before those of the system."""
    (folder / "bin").mkdir()
    (folder / "contracts").mkdir()
    for name in ("pyproject.toml", "uv.lock", "contracts/pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name, script in programs.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o755)
    others = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    process = await asyncio.create_subprocess_exec(
        "sh",
        str(ROOT / "deploy/local/install.sh"),
        cwd=folder,
        env={**others, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, complaint.decode()


async def test_an_installation_without_room_for_it_is_refused_before_it_begins(tmp_path: Path) -> None:
    code, complaint = await _install(tmp_path, df="echo Header; echo /dev/x 1 1 400000 1% /")

    assert code == 1
    assert complaint == "Only 400 MB are free here; installing needs 3000 MB. Make room first.\n"
    assert not (tmp_path / ".venv").exists()


async def test_without_a_python_that_is_new_enough_it_says_how_to_name_one(tmp_path: Path) -> None:
    old = dict.fromkeys(("python3", *(f"python3.{minor}" for minor in range(11, 15))), "exit 1")

    code, complaint = await _install(tmp_path, **old)

    assert code == 1
    assert "needs Python 3.11 or later" in complaint
    assert "make up PYTHON=/path/to/python3.12" in complaint


async def test_a_python_that_makes_no_environments_is_named_with_what_helps(tmp_path: Path) -> None:
    halved = 'case "$*" in *ensurepip*) exit 1;; *version_info*) exit 0;; *) echo Python 3.11;; esac'

    code, complaint = await _install(tmp_path, python3=halved)

    assert code == 1
    assert "sudo apt install python3-venv" in complaint
