"""What is written down about a running `sounding up`, so that others find it and a later one cleans up."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.errors import InfrastructureError
from deploy.local.identity import Identity, identify

DATA_VARIABLE = "SOUNDING_DATA"


class AlreadyRunningError(InfrastructureError):
    """Another `sounding up` holds the folder."""


def data_folder(given: Path | None = None) -> Path:
    """The folder of the local deployment: as given, else `SOUNDING_DATA`, else `.sounding` here."""
    return (given or Path(os.environ.get(DATA_VARIABLE) or ".sounding")).absolute()


@dataclass(slots=True)
class Run:
    """One run of `sounding up`, as others see it."""

    supervisor: Identity
    ready: bool = False
    kafka: str = ""
    mongodb: str = ""
    mailbox: str = ""
    how: str = ""
    services: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Identity] = field(default_factory=dict)


class State:
    """The files of one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file, self._lock = folder / "run.json", folder / "lock"

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Be the only one that runs from this folder. The system lets go when this process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise AlreadyRunningError(self._already_running()) from None
            yield

    @property
    def is_held(self) -> bool:
        """Whether a `sounding up` runs from this folder."""
        if not self._lock.exists():
            return False
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def read(self) -> Run | None:
        """What the last run wrote; None where there was none, or where it left half a file."""
        try:
            known: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
            supervisor = Identity(**known.pop("supervisor"))
            processes = {name: Identity(**one) for name, one in known.pop("processes").items()}
            return Run(supervisor=supervisor, processes=processes, **known)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, run: Run) -> None:
        """Replace what is known, in one step."""
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(asdict(run), indent=2), encoding="utf-8")
        new.replace(self._file)

    def leftovers(self) -> dict[str, Identity]:
        """What an earlier run started and that still runs, by name. Never a process of anybody else."""
        known = self.read()
        return {name: one for name, one in known.processes.items() if one.alive} if known else {}

    def _already_running(self) -> str:
        known = self.read()
        who = f" (process {known.supervisor.pid})" if known else ""
        return (
            f"Sounding already runs from {self.folder}{who}. See `sounding status`; "
            "stop it with Ctrl-C where it runs, or start a second one with another --data and --port-base."
        )


def new_run() -> Run:
    """A run of this process."""
    me = identify(os.getpid())
    assert me is not None  # noqa: S101
    return Run(supervisor=me)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a local deployment keeps to itself: made once, readable by its owner only."""

    api_key: str
    api_key_hash: str
    signing_key: str


def local_secrets(folder: Path) -> Secrets:
    """The secrets of this data folder; made at first use."""
    file = folder / "secrets.json"
    if not file.exists():
        from chassis.auth import make_key  # noqa: PLC0415 - brings FastAPI, which `status` need not wait for

        key, stored = make_key("local", ["*"])
        made = Secrets(key, stored.hash, secrets.token_urlsafe(32))
        folder.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:  # noqa: PTH123
            json.dump(asdict(made), out)
        new.replace(file)
    return Secrets(**json.loads(file.read_text(encoding="utf-8")))
