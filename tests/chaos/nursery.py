"""Makes processes of outbox by forking itself, where all is imported already: one that dies is there again at once.

`python -m tests.chaos.nursery` reads what to make from its input, a JSON object a line (`env`, `only`, `wrong`, `log`), and
answers each line with the new process's number. All of them die with it.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from chassis import service as chassis
from chassis.settings import load
from services.outbox.domain import dispatch
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch, Phase, Rendered
from services.outbox.main import build
from services.outbox.settings import Settings

ROOT = Path(__file__).parents[2]
DIE_WITH_PARENT = 1


def _lease_retry() -> None:
    """The wrong variant: a claim that ran out is a claim, also after the gate."""
    right = dispatch.committed

    def still_claimed(record: Dispatch, rendered: Rendered, now: datetime) -> Dispatch:
        return replace(right(record, rendered, now), phase=Phase.CLAIMED)

    setattr(dispatch, "committed", still_claimed)  # noqa: B010 - for mypy: a wrong variant


def _no_gate() -> None:
    """The wrong variant: nobody looks for a no at the last moment."""

    def nothing(gate: Gate, campaign_id: str, brand_id: str, now: datetime) -> None:
        del gate, campaign_id, brand_id, now

    setattr(Gate, "refusal", nothing)  # noqa: B010


WRONG: dict[str, Callable[[], None]] = {"lease-retry": _lease_retry, "no-gate": _no_gate}


@dataclass(slots=True)
class Child:
    """A process, and how to make another in its place."""

    name: str
    order: Mapping[str, Any]
    pid: int = 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing where it has ended."""
        if self.alive:
            os.kill(self.pid, number)

    @property
    def alive(self) -> bool:
        """Whether it is there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return self.pid > 0


class Nursery:
    """What asks for processes."""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.nursery"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(self, *fault: object) -> None:
        self._process.kill()
        await self._process.wait()

    async def start(self, child: Child) -> None:
        """Make a process, in place of the one that was."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the nursery was not opened")
        self._process.stdin.write(json.dumps(child.order).encode() + b"\n")
        child.pid = int(await self._process.stdout.readline())


def order(
    env: Mapping[str, str], only: Sequence[str], log: Path, wrong: str | None = None, retry: float | None = None
) -> dict[str, Any]:
    """What to make. `retry`: seconds until a deferred mail is tried again, since minutes would outlast the run."""
    return {"env": dict(env), "only": list(only), "log": str(log), "wrong": wrong, "retry": retry}


def _become(asked: Mapping[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for place, target in ((0, nothing), (1, log), (2, log)):
        os.dup2(target, place)
    os.environ.update(asked["env"])
    if asked["retry"]:
        pause = timedelta(seconds=asked["retry"])
        dispatch.RETRY_AFTER, dispatch.RETRY_AT_LAST = (pause,) * 4, pause
    if asked["wrong"]:
        WRONG[asked["wrong"]]()
    chassis.run(lambda: build(load(Settings)), asked["only"])


def main() -> None:
    """Fork until there is nobody left to ask for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                _become(json.loads(line))
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
