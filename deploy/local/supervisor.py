"""Programs that run side by side: started together, started again when one ends, stopped in order."""

import contextlib
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.local.errors import InfrastructureError, StartError
from deploy.local.process import Bond, Process, Server

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_WELL_AFTER = 60.0
_ALMOST_FULL_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, and the address that answers 200 once it does its work."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_url: str


@dataclass(slots=True)
class _Watched:
    name: str
    server: Process | Server
    pause: float = _FIRST_PAUSE
    started_at: float = 0.0
    due_at: float | None = None


class Supervisor:
    """Keeps programs running; `say` gets one line for each thing that a person should know."""

    def __init__(self, logs: Path, bond: Bond, say: Callable[[str], None]) -> None:
        self._logs, self._bond, self._say = logs, bond, say
        self._watched: list[_Watched] = []
        self._programs: list[tuple[Program, Process]] = []

    def watch_over(self, name: str, server: Server | None) -> None:
        """Take care of something that runs already; None is nothing to take care of."""
        if server is not None:
            self._watched.append(_Watched(name, server, started_at=time.monotonic()))

    @contextlib.contextmanager
    def running(self, programs: Sequence[Program]) -> Generator[None]:
        """Start them; stop them at the end, all at once, each in order."""
        try:
            for program in programs:
                log = self._logs / f"{program.name}.log"
                process = Process(program.name, program.argv, log=log, env=program.env, bond=self._bond)
                process.start()
                self._programs.append((program, process))
                self._watched.append(_Watched(program.name, process, started_at=time.monotonic()))
            yield
        finally:
            self._stop()

    def wait_ready(self, doing: Callable[[str], None], within: float = 90.0) -> None:
        """Return when all answer that they are ready; raise with what the one at fault says."""
        deadline = time.monotonic() + within
        for program, process in self._programs:
            doing(f"waiting for {program.name}")
            try:
                process.wait_until(partial(is_ready, program.ready_url), deadline - time.monotonic())
            except StartError as error:
                raise StartError(f"{error}\nIt says of itself: {faults(program.ready_url)}") from None

    def keep_running(self) -> None:
        """Start again what ends by itself, until interrupted."""
        while True:
            for one in self._watched:
                self._look_after(one)
            time.sleep(0.25)

    def _look_after(self, one: _Watched) -> None:
        now = time.monotonic()
        if one.server.alive:
            if now - one.started_at > _WELL_AFTER:
                one.pause = _FIRST_PAUSE
        elif one.due_at is None:
            self._say(f"{one.name} ended by itself; starting it again in {one.pause:.0f} s. {self._why(one)}")
            one.due_at, one.pause = now + one.pause, min(one.pause * 2, _LONGEST_PAUSE)
        elif now >= one.due_at:
            one.due_at, one.started_at = None, now
            try:
                one.server.start()
                self._say(f"{one.name} was started again")
            except (InfrastructureError, OSError) as error:
                self._say(f"{one.name} could not be started: {error}")

    def _why(self, one: _Watched) -> str:
        folder = self._logs.parent
        free = shutil.disk_usage(folder).free
        if free < _ALMOST_FULL_BYTES:
            return f"The disk is full: {free / 1e6:.0f} MB are free at {folder}. Make room; it goes on by itself."
        return f"See {one.server.log if isinstance(one.server, Process) else folder / one.name.lower()}"

    def _stop(self) -> None:
        for _, process in self._programs:
            process.ask_to_stop()
        for _, process in self._programs:
            process.stop()


def is_ready(url: str) -> bool:
    """Whether the address answers 200."""
    return _get(url)[0] == 200  # noqa: PLR2004


def faults(url: str) -> str:
    """What a program that is not ready says about why."""
    status, body = _get(url)
    with contextlib.suppress(ValueError):
        found = json.loads(body).get("faults", {})
        return "; ".join(f"{name}: {fault}" for name, fault in found.items()) or f"HTTP {status}"
    return "nothing; it does not answer" if status == 0 else f"HTTP {status}"


def _get(url: str) -> tuple[int, bytes]:
    try:
        # No proxy stands between this machine and itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=3) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except OSError:
        return 0, b""
