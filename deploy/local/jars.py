"""Java programs from Maven Central without Maven: resolved once, kept in the user's cache."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deploy.local.errors import InfrastructureError

if TYPE_CHECKING:
    from jgo.maven import Artifact

T = TypeVar("T")

CENTRAL = "https://repo.maven.apache.org/maven2"
_ATTEMPTS = 4
_AT_ONCE = 8


def cache_folder() -> Path:
    """Where downloads are kept for all checkouts and runs of this user."""
    if given := os.environ.get("SOUNDING_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sounding"


def class_path(coordinates: Sequence[str], report: Callable[[str], None]) -> list[Path]:
    """The jars of these artifacts (`group:name:version`) and of all that they need.

    One that holds what it needs (`group:name:version:all`) is taken alone.
    Downloads them the first time; needs no network after. `SOUNDING_MAVEN` names a mirror.
    """
    where = folder(coordinates)
    if not cached(coordinates):
        _download(coordinates, where, report)
    names: list[str] = json.loads((where / "jars.json").read_text(encoding="utf-8"))
    return [where / name for name in names]


def cached(coordinates: Sequence[str]) -> bool:
    """Whether `class_path` needs no network."""
    return (folder(coordinates) / "jars.json").exists()


def folder(coordinates: Sequence[str]) -> Path:
    """Where the jars of these artifacts are kept."""
    return cache_folder() / "jars" / hashlib.sha256("\n".join(coordinates).encode()).hexdigest()[:16]


def _download(coordinates: Sequence[str], folder: Path, report: Callable[[str], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the final folder and renamed at the end, so that a killed download is never used.
    work = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder.parent))
    try:
        artifacts = [a for c in coordinates for a in _patiently(partial(_resolve, c, work))]
        names = _fetch(_first_of_each(artifacts), work, report)
        (work / "jars.json").write_text(json.dumps(names), encoding="utf-8")
        for repository in work.glob("repository-*"):
            shutil.rmtree(repository)
        # Another process may have been quicker; its copy is as good.
        with contextlib.suppress(OSError):
            work.rename(folder)
    except (OSError, RuntimeError, ValueError) as error:
        raise InfrastructureError(
            f"Could not fetch the Java libraries {', '.join(coordinates)}: {error}\n"
            "They come from Maven Central. Name a mirror with SOUNDING_MAVEN, "
            "or point SOUNDING_KAFKA at a running Kafka."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _resolve(coordinate: str, work: Path) -> "list[Artifact]":
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow, and not needed once cached

    # Each by itself: resolved together, the version list of one overrules the other's own
    # (log4j's list brings an old kafka-clients).
    remote = {"central": os.environ.get("SOUNDING_MAVEN", CENTRAL)}
    # And each attempt in a fresh folder: a description cut short would be read again.
    repository = Path(tempfile.mkdtemp(prefix="repository-", dir=work))
    context = MavenContext(repo_cache=repository, remote_repos=remote, timeout=60)
    dependency = context.create_dependency(coordinate)
    if coordinate.endswith(":all"):
        return [dependency.artifact]
    wanted, needed = context.resolver.resolve([dependency])
    return [d.artifact for d in [*wanted, *(d for d in needed if d.scope in ("compile", "runtime"))]]


def _first_of_each(artifacts: "Sequence[Artifact]") -> "list[Artifact]":
    found: dict[tuple[str, str, str], Artifact] = {}
    for artifact in artifacts:
        found.setdefault((artifact.groupId, artifact.artifactId, artifact.classifier), artifact)
    return list(found.values())


def _fetch(artifacts: "Sequence[Artifact]", folder: Path, report: Callable[[str], None]) -> list[str]:
    def fetch(artifact: "Artifact") -> str:
        jar = _patiently(lambda: _fetch_one(artifact))
        shutil.move(jar, folder / jar.name)
        return jar.name

    names: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name in pool.map(fetch, artifacts):
            names.append(name)
            report(f"fetching Java libraries, {len(names)} of {len(artifacts)}")
    return names


def _fetch_one(artifact: "Artifact") -> Path:
    try:
        return artifact.resolve()
    except BaseException:
        # What came down so far would be taken for the whole by the next attempt.
        if artifact.cached_path:
            artifact.cached_path.unlink(missing_ok=True)
        raise


def _patiently(attempt: Callable[[], T]) -> T:
    for pause in range(1, _ATTEMPTS):
        try:
            return attempt()
        except (OSError, RuntimeError, ValueError):
            time.sleep(pause)
    return attempt()
