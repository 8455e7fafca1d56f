"""A program that runs beside us: started, watched, killed, paused, and never left behind."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.local.errors import StartError

LEASH = Path(__file__).with_name("leash.py")
_LAST_LINES = 25
_LARGEST_LOG = 20_000_000


@dataclass(frozen=True, slots=True)
class Bond:
    """How a program is tied to us: the signal that it gets when we die, and who is told of each start."""

    when_we_die: signal.Signals = signal.SIGKILL
    started: Callable[[str, int], None] = lambda _name, _pid: None


LOOSE = Bond()


class Process:
    """One program under its own process group, with its output in a file.

    It ends with us, even when we are killed (on Linux). All methods block; from a coroutine
    call the slow ones (`start`, `stop`, `wait_ready`) through `asyncio.to_thread`.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        bond: Bond = LOOSE,
    ) -> None:
        self.name, self.log = name, log
        self._argv, self._env, self._bond = list(argv), env, bond
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the program as it runs now, or ran last."""
        if self._popen is None:
            raise StartError(f"{self.name} was not started.")
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it runs (a paused one does)."""
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start it, again after a `kill` or `stop`. Says nothing about readiness."""
        if self.alive:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._turn_over_log()
        self._popen = _on_lasting_thread(self._spawn)
        self._bond.started(self.name, self._popen.pid)

    def kill(self) -> None:
        """SIGKILL to all of it, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        self._wait(None)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        self.resume()
        self._signal(signal.SIGTERM)

    def stop(self, within: float = 20.0) -> bool:
        """SIGTERM, and SIGKILL when it has not ended in time. True where it ended by itself."""
        self.ask_to_stop()
        try:
            self._wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        self._signal(signal.SIGKILL)
        return True

    def pause(self) -> None:
        """SIGSTOP: it holds its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: it goes on after a `pause`."""
        self._signal(signal.SIGCONT)

    def tail(self) -> str:
        """The last lines that it wrote."""
        with contextlib.suppress(OSError):
            text = self.log.read_text(encoding="utf-8", errors="replace")
            return "\n".join(text.splitlines()[-_LAST_LINES:])
        return ""

    def wait_until(self, ready: Callable[[], bool], within: float) -> None:
        """Wait for the condition; raise with its last lines when it dies or takes too long."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.alive:
                raise StartError(self._complaint("ended by itself"))
            if time.monotonic() > deadline:
                raise StartError(self._complaint(f"was not ready within {within:.0f} s"))
            time.sleep(0.03)

    def _turn_over_log(self) -> None:
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > _LARGEST_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))

    def _complaint(self, what: str) -> str:
        return f"{self.name} {what}. Its last lines, from {self.log}:\n{self.tail() or '(nothing)'}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(self._bond.when_we_die))]
        with self.log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the command is ours
                [*leash, *self._argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )

    def _signal(self, number: signal.Signals) -> None:
        # The group, not the process: what it started itself goes with it.
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def _wait(self, within: float | None) -> None:
        if self._popen is not None:
            self._popen.wait(within)


class Server(Protocol):
    """A started part of the infrastructure that a test may harm."""

    @property
    def address(self) -> str:
        """Where clients reach it; the same after each restart."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def alive(self) -> bool:
        """Whether its process runs."""

    def start(self) -> None:
        """Start it on the same port and data."""

    def wait_ready(self, within: float = 60.0) -> None:
        """Return when it does its work."""

    def stop(self) -> None:
        """End it in order."""

    def kill(self) -> None:
        """End it at once."""

    def pause(self) -> None:
        """Freeze it."""

    def resume(self) -> None:
        """Unfreeze it."""


class _Spawner:
    # The kernel ties a child to the *thread* that started it, not to the process: were it a
    # worker thread of a pool, the child would be killed when that thread ends.
    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]]
        self._jobs = queue.SimpleQueue()
        threading.Thread(target=self._work, name="spawner", daemon=True).start()

    def spawn(self, job: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        done: Future[subprocess.Popen[bytes]] = Future()
        self._jobs.put((job, done))
        return done.result()

    def _work(self) -> None:
        while True:
            job, done = self._jobs.get()
            try:
                done.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it is the caller's to handle
                done.set_exception(error)


_lock = threading.Lock()
_spawners: dict[int, _Spawner] = {}


def _on_lasting_thread(job: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    with _lock:
        # By process id, since threads do not follow into a forked child.
        spawner = _spawners.get(os.getpid()) or _spawners.setdefault(os.getpid(), _Spawner())
    return spawner.spawn(job)
