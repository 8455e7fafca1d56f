"""Which process is which: a process id alone may have been given to another one since."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process for good: its id, and when it was started on which boot of the machine."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """The process that has this id now; None where there is none, or only its remains."""
    started = _started(pid)
    return Identity(pid, started) if started else None


def end(processes: list[Identity], within: float = 20.0) -> None:
    """SIGTERM to the group of each that is still the one we knew; SIGKILL to those that stay."""
    for number, patience in ((signal.SIGTERM, within), (signal.SIGKILL, 10.0)):
        for one in processes:
            if one.alive:
                _signal(one.pid, number)
        deadline = time.monotonic() + patience
        while any(one.alive for one in processes) and time.monotonic() < deadline:
            time.sleep(0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    for signalled in (number, signal.SIGCONT):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Ours lead a group of their own; a process that does not is signalled alone.
            if os.getpgid(pid) == pid:
                os.killpg(pid, signalled)
            else:
                os.kill(pid, signalled)


def _started(pid: int) -> str | None:
    status = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    try:
        # The name stands in parentheses and may hold anything, spaces too.
        columns = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, ticks = columns[0], columns[19]
    return None if state in "ZX" else f"{_boot()}:{ticks}"


def _boot() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _started_by_ps(pid: int) -> str | None:
    done = subprocess.run(  # noqa: S603
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = done.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
