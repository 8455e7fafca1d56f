"""`make release`: the wheels of a release, built console included, tried in a fresh environment. Publishes nothing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from deploy.local import web

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
UV = Path(sys.executable).with_name("uv")
NEEDED = (
    "services/console/static/index.html",
    "services/feedback/public/templates",
    "services/outbox/adapters/templates",
    "deploy/local/demo",
)
"""What is no module and yet must be in the wheel."""


class ReleaseError(Exception):
    """It is no release; the text says why."""


def version() -> str:
    """The one version of all wheels. Raises `ReleaseError` where they differ."""
    found = {
        name: tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        for name, folder in (("sounding", "."), ("sounding-contracts", "contracts"))
    }
    if len(set(found.values())) > 1:
        raise ReleaseError(f"The wheels have different versions: {found}.")
    return str(found["sounding"])


def build(number: str) -> list[Path]:
    """Both wheels, in `dist/`. Raises `ReleaseError` where one lacks what it needs."""
    for old in DIST.glob("*.whl"):
        old.unlink()
    _run(str(UV), "build", "--all-packages", "--wheel", "--quiet", "--out-dir", str(DIST))
    wheels = [DIST / f"{name}-{number}-py3-none-any.whl" for name in ("sounding", "sounding_contracts")]
    if missing := [wheel.name for wheel in wheels if not wheel.exists()]:
        raise ReleaseError(f"Not built: {', '.join(missing)}.")
    names = zipfile.ZipFile(wheels[0]).namelist()
    if absent := [part for part in NEEDED if not any(name.startswith(part) for name in names)]:
        raise ReleaseError(f"The wheel lacks {', '.join(absent)}.")
    return wheels


def try_out(wheels: list[Path], number: str) -> None:
    """Install them where nothing else is, and ask. Raises `ReleaseError` where the answer is another."""
    with tempfile.TemporaryDirectory(prefix="sounding-release-") as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        _run(str(UV), "venv", "--quiet", "--python", sys.executable, str(python.parents[1]))
        locked = Path(folder) / "locked.txt"
        export = (
            "export",
            "--frozen",
            "--no-dev",
            "--extra",
            "console",
            "--no-emit-workspace",
            "--quiet",
            "--no-hashes",
        )
        _run(str(UV), *export, "--output-file", str(locked))
        given = [f"sounding[console] @ {wheels[0].as_uri()}", f"sounding-contracts @ {wheels[1].as_uri()}"]
        _run(str(UV), "pip", "install", "--quiet", "--python", str(python), "--constraints", str(locked), *given)
        said = json.loads(_run(str(python.with_name("sounding")), "version", "--json", folder=Path(folder)))
        if (said["sounding"], said["contracts"]) != (number, number):
            raise ReleaseError(f"It says that it is {said}.")
        where = "import services.console.settings as s; print(s.Settings.model_fields['static'].default)"
        static = Path(_run(str(python), "-c", where, folder=Path(folder)).strip())
        if not (static / "index.html").is_file() or ROOT in static.parents:
            raise ReleaseError(f"The console is not in the wheel: nothing at {static}.")


def main() -> None:
    """Build and try; what is wrong is said in a sentence."""
    try:
        number = version()
        web.build()
        wheels = build(number)
        try_out(wheels, number)
    except (ReleaseError, subprocess.CalledProcessError) as error:
        sys.exit(f"No release: {error}")
    sizes = ", ".join(f"{wheel.name} ({wheel.stat().st_size / 1e6:.1f} MB)" for wheel in wheels)
    sys.stdout.write(f"{sizes}: installed and tried. Nothing was published.\n")


def _run(*command: str, folder: Path = ROOT) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise ReleaseError(f"{shutil.which(command[0]) or command[0]} {command[1]}: {done.stderr[-1500:]}")
    return done.stdout


if __name__ == "__main__":
    main()
