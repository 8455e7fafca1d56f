"""What a figure was measured on: without it no figure means anything."""

import os
import platform
from pathlib import Path
from typing import Any

from deploy.local import resolve
from deploy.local.kafka import VERSION as KAFKA


def describe() -> dict[str, Any]:
    """Processor, memory, versions, and how busy others keep the machine."""
    return {
        "cpu": _line("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": KAFKA,
        "infrastructure": str(resolve.plan()),
        "load_at_start": load(),
    }


def cache_gb() -> float:
    """What MongoDB keeps in memory where nobody tells it: half of what the machine has, one GB left out."""
    return max(1.0, round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**31 - 0.5, 1))


def load() -> float:
    """How many programs wanted a core, over the last minute."""
    return round(os.getloadavg()[0], 1)


def _line(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), platform.machine())
