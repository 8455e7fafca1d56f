"""The web app, built where its sources changed: `python -m deploy.local.web`."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import StartError
from deploy.local.process import Bond, Process

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "console"
STATIC = ROOT / "services" / "console" / "static"
GUIDE = ROOT / "docs" / "guide" / "user"
"""Served as /help."""
PATIENCE = 300.0
_LEFT_OUT = frozenset({"node_modules", "generated", "dist"})


def source_hash(*folders: Path) -> str:
    """What the sources are, in a word: their names and what is in them."""
    whole = hashlib.sha256()
    for folder in folders:
        for path in sorted(_files(folder)):
            whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _LEFT_OUT or (path.name.startswith(".") and path.name != ".npmrc"):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def is_current(sources: Path = SOURCES, static: Path = STATIC) -> bool:
    """Whether there is nothing to build: it was built from what is there now, or there are no sources."""
    if not (sources / "package.json").exists():
        return True
    try:
        built_from = (static / ".source-hash").read_text(encoding="ascii")
    except OSError:
        return False
    return (static / "index.html").exists() and built_from == source_hash(sources, GUIDE)


def build(sources: Path = SOURCES, static: Path = STATIC) -> None:
    """Build it, where it is not current. Raises `CalledProcessError`; two at once wait for each other."""
    with (sources / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current(sources, static):
            return
        made_from = source_hash(sources, GUIDE)
        _install(sources)
        _npm(sources, "run", "build")
        (static / ".source-hash").write_text(made_from, encoding="ascii")


def _install(sources: Path) -> None:
    """Fetch the packages that the lock names, where others are there."""
    wanted = hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()
    stamp = sources / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        _npm(sources, "ci")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted, encoding="ascii")


def _npm(sources: Path, *arguments: str) -> None:
    beside = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    npm = beside / "npm"
    subprocess.run([npm if npm.exists() else "npm", *arguments], cwd=sources, env=env, check=True)  # noqa: S603


@contextmanager
def building(logs: Path, bond: Bond, *, wanted: bool) -> Iterator[Process | None]:
    """Build it beside everything else that starts, where there is something to build."""
    if not wanted or is_current():
        yield None
        return
    process = Process("web app", [sys.executable, "-m", "deploy.local.web"], log=logs / "web.log", bond=bond)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def finish(process: Process | None, doing: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Wait for the build; what went wrong with it is said, and keeps nobody from anything else."""
    if process is None:
        return
    doing("building the web app (half a minute, the first time)")
    try:
        process.wait_until(lambda: is_current() and not process.alive, PATIENCE)
    except StartError as error:
        if not is_current():
            say(f"The web app could not be built; the rest works. {error}")


if __name__ == "__main__":
    try:
        build()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"The web app could not be built: {error}")
