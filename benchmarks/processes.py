"""Programs under measurement: started, watched for memory, stopped."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report import slope

PAGE = os.sysconf("SC_PAGE_SIZE")


def say(text: str) -> None:
    """Tell how far it is, beside the report."""
    sys.stderr.write(f"… {text}\n")
    sys.stderr.flush()


@dataclass
class Memory:
    """Resident memory of a process: pairs of seconds and megabytes."""

    samples: list[tuple[float, float]] = field(default_factory=list)

    def look(self, pid: int) -> None:
        """Take a sample; nothing where the process is gone."""
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return
        self.samples.append((time.perf_counter(), pages * PAGE / 1e6))

    def report(self, began: float, ended: float) -> dict[str, float]:
        """Of the time under load: after a third, at the end, at most, and the growth over the last two thirds."""
        warm = [sample for sample in self.samples if began + (ended - began) / 3 <= sample[0] <= ended]
        sizes = [size for _, size in warm] or [0.0]
        figures = {"warm_mb": sizes[0], "end_mb": sizes[-1], "max_mb": max(sizes), "mb_per_minute": 60 * slope(warm)}
        return {name: round(figure, 1) for name, figure in figures.items()}


@asynccontextmanager
async def running(
    argv: Sequence[str], environment: Mapping[str, str], memory: Memory | None = None, *, may_end: bool = False
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A process for as long as the block lasts; its output goes to a file that is shown where it died, unless it may."""
    with tempfile.NamedTemporaryFile(prefix="sounding-benchmark-", suffix=".log") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - no shell, and it is started once
            argv, env={**os.environ, **environment}, stdout=log, stderr=log
        )
        watching = asyncio.create_task(_watch(process, memory))
        try:
            yield process
            if process.poll() is not None and not may_end:
                raise RuntimeError(Path(log.name).read_text()[-2000:])  # noqa: ASYNC240
        finally:
            watching.cancel()
            process.terminate()
            await asyncio.to_thread(process.wait, 30)


async def _watch(process: subprocess.Popen[bytes], memory: Memory | None) -> None:
    while memory is not None:
        memory.look(process.pid)
        await asyncio.sleep(0.2)


def service(name: str, *roles: str) -> list[str]:
    """The command that runs a service, or some of its roles."""
    only = [part for role in roles for part in ("--only", role)]
    return [sys.executable, "-m", "sounding", "run", name, *only]


def settings(kafka: str, mongodb: str, prefix: str, **more: str) -> dict[str, str]:
    """The environment of a service of one deployment among several."""
    return {
        "SOUNDING_KAFKA": kafka,
        "SOUNDING_MONGODB": mongodb,
        "SOUNDING_TOPIC_PREFIX": f"{prefix}-",
        "SOUNDING_DATABASE_PREFIX": f"{prefix}_",
        "SOUNDING_HTTP_PORT": "0",
        "SOUNDING_LOG_LEVEL": "warning",
        "SOUNDING_SIGNING_KEYS": json.dumps(["a key of the benchmark"]),
        **more,
    }
