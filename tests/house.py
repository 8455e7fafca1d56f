"""A `sounding up` of a test's own: started, asked, killed and stopped as its user would."""

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import httpx

from deploy.local.ports import is_free
from deploy.local.state import State
from tests.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[1]
SPARE = {"SOUNDING_WEB": "0", "SOUNDING_DEMO_FULL": "0"}
"""What takes long and is looked at elsewhere."""
SOUNDING = [sys.executable, "-m", "sounding"]


def free_base() -> int:
    """A port base above which a hundred ports are free, and that no other worker of this run takes.

    All lie below the ports that `free_port` gives to others.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    bases = list(range(10_000, 15_000, 100))[worker % 50 :: workers]
    random.shuffle(bases)
    return next(base for base in bases if all(is_free(port) for port in range(base, base + 100)))


class House:
    """One folder and one port base; `start` it as often as wanted."""

    def __init__(self, folder: Path, base: int) -> None:
        self.folder, self.base = folder, base
        self.environment = {**os.environ, "SOUNDING_DATA": str(folder), "NO_COLOR": "1"} | SPARE
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *arguments: str) -> None:
        """Run `sounding up` in the background."""
        await self.start_by(*SOUNDING, "up", "--port-base", str(self.base), *arguments)

    async def start_by(self, *command: str) -> None:
        """Run this in the background, as a terminal does: in a group of its own."""
        with (self.folder.parent / "up.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    async def ready(self, within: float = 150) -> dict[str, Any]:
        """Its status, once it is ready."""

        async def status() -> dict[str, Any] | None:
            assert self.process is not None
            if self.process.returncode is not None:
                # No AssertionError, which would be taken for "not yet".
                raise RuntimeError(f"It has ended.\n{self.log}")
            run = State(self.folder).read()
            if run is None or not run.ready or not run.supervisor.alive:
                # To ask the command each time would take the time of what is to get ready.
                return None
            found: dict[str, Any] = json.loads((await self.run("status", "--json"))[1] or "{}")
            return found if found.get("ready") else None

        return await eventually(status, within=within) or {}

    @property
    def log(self) -> str:
        """What `up` has said."""
        return (self.folder.parent / "up.log").read_text()

    async def run(self, *command: str, within: float = 90) -> tuple[int, str, str]:
        """A `sounding` command: its code, output and complaint."""
        process = await asyncio.create_subprocess_exec(
            *SOUNDING,
            *command,
            cwd=ROOT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), within)
        except TimeoutError:
            process.terminate()
            await process.wait()
            raise
        return process.returncode or 0, out.decode(), err.decode()

    def pids(self) -> list[int]:
        """All processes that it has started."""
        run = State(self.folder).read()
        return [one.pid for one in run.processes.values()] if run else []

    async def kill_everything(self) -> None:
        """What a power cut leaves: nothing runs, nothing was told to end."""
        assert self.process is not None
        for pid in [self.process.pid, *self.pids()]:
            with_pid_gone(pid)
        await self.process.wait()

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C; its exit code."""
        if self.process is None or self.process.returncode is not None:
            return 0
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 60)

    async def ctrl_c(self) -> int:
        """What a terminal does: SIGINT to all that run in its foreground; the exit code."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 60)

    async def customer(self, status: dict[str, Any], address: str) -> dict[str, Any] | None:
        """A customer as profile gives it."""
        headers = {"Authorization": f"Bearer {status['api_key']}"}
        async with httpx.AsyncClient(
            base_url=status["services"]["profile"], headers=headers, timeout=PATIENCE_SECONDS
        ) as client:
            items = (await client.get("/v1/customers", params={"email": address})).json()["items"]
        return items[0] if items else None


def with_pid_gone(pid: int) -> None:
    """Kill -9, where it still runs."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
