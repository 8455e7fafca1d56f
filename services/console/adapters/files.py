"""The built web app, in memory: some megabytes, read once and again when they were built anew."""

import gzip
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path

SMALLEST_TO_SQUEEZE = 1_000
LARGEST = 20_000_000
_SQUEEZED = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent."""

    name: str
    kind: str
    plain: bytes
    squeezed: bytes | None
    lasting: bool


@dataclass(slots=True)
class Files:
    """The files under a folder, by their path in it."""

    folder: Path
    _built: float | None = field(default=None, init=False)
    _found: dict[str, File] = field(default_factory=dict, init=False)

    def find(self, path: str) -> File | None:
        """A file, as of the last build."""
        self._look()
        return self._found.get(path)

    @property
    def index(self) -> str | None:
        """The page of the app; None where it was not built."""
        found = self.find("index.html")
        return found.plain.decode() if found else None

    def _look(self) -> None:
        try:
            built = (self.folder / "index.html").stat().st_mtime
        except OSError:
            built = None
        if built != self._built:
            self._found = _read(self.folder) if built is not None else {}
            self._built = built


def _read(folder: Path) -> dict[str, File]:
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    names = {path: path.relative_to(folder).as_posix() for path in paths if path.stat().st_size <= LARGEST}
    return {name: _file(path, name) for path, name in names.items()}


def _file(path: Path, name: str) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = "text/javascript" if name.endswith((".js", ".mjs")) else kind
    plain = path.read_bytes()
    worth = kind.startswith(_SQUEEZED) and len(plain) >= SMALLEST_TO_SQUEEZE
    full = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return File(name, full, plain, gzip.compress(plain, 6) if worth else None, lasting=name.startswith("assets/"))
