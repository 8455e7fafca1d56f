"""The browser: `UI_CHROMIUM`, a headless Chromium that is installed, Debian's where we are root, any Chromium, else Playwright's own.

The one made to run without a window takes half the processor: it draws no tabs and menus that nobody sees.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

VARIABLE = "UI_CHROMIUM"
HEADLESS = ("chromium-headless-shell",)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = ("chromium-headless-shell", "chromium")
"""The first that a Debian has."""
FONTS = ("fonts-liberation", "fonts-noto-color-emoji")
ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    # Pages that a test makes up have no address; a browser would ask before they reach the house on this machine.
    "--disable-features=LocalNetworkAccessChecks",
    *("--disable-component-update", "--disable-sync", "--font-render-hinting=none", "--force-color-profile=srgb"),
)


def find() -> str | None:
    """Its path; None: Playwright knows where its own is. Raises `RuntimeError` with all ways where there is none."""
    if given := os.environ.get(VARIABLE):
        return given
    # Two workers of a run must not both install it.
    with (Path(tempfile.gettempdir()) / "sounding-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := _installed(HEADLESS) or _from_debian() or _installed(NAMES):
            return found
        _install_playwrights()
        return None


def _installed(names: Sequence[str]) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    if not _apt("update"):
        return None
    install = ("install", "--yes", "--no-install-recommends", *FONTS)
    return _installed((*HEADLESS, *NAMES)) if any(_apt(*install, package) for package in PACKAGES) else None


def _apt(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return not subprocess.run(
        ["apt-get", "-qq", *command], env=environment, capture_output=True, check=False
    ).returncode


def _install_playwrights() -> None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            "There is no Chromium, and none could be had. Install one (Debian: apt-get install chromium), or name one "
            f"with {VARIABLE}. Playwright said: {(done.stderr or done.stdout).strip()[-300:]}"
        )


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """It, started."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        try:
            yield started
        finally:
            await started.close()
