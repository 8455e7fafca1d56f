"""A real MongoDB server, a replica set of one node, as a local process."""

import contextlib
import shutil
import time
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deploy.local import ports
from deploy.local.errors import InfrastructureError, PortTakenError, StartError
from deploy.local.process import LOOSE, Bond, Process

TRANSACTION_SECONDS = 15
CACHE_GB = 1.0
"""What it may keep in memory. Left to itself it takes half of the machine's memory."""
REPLICA_SET = "rs0"
_NOT_INITIATED, _NO_CONFIGURATION = 94, 93

Client = Any  # pymongo.MongoClient, imported late: it is slow and `--help` does not need it


class Mongod:
    """One mongod with its data in one folder, always on the same port."""

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        bond: Bond = LOOSE,
        cache_gb: float = CACHE_GB,
    ) -> None:
        self._folder, self._cache_gb = folder.absolute(), cache_gb
        self._port = port or ports.free_port()
        self._bond = bond
        self._process: Process | None = None

    @property
    def address(self) -> str:
        """The connection string."""
        return connection_string(self._member)

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self._folder / "mongod.log"

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._started.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.alive

    def start(self) -> None:
        """Start it, on the data that is there or on fresh data."""
        if self.alive:
            return
        if self._process is None:
            self._process = Process("MongoDB", self._argv(), log=self.log, bond=self._bond)
        if not ports.is_free(self._port):
            who = ports.holder(self._port) or "another program"
            raise PortTakenError(f"MongoDB's port {self._port} is taken by {who}.")
        (self._folder / "data").mkdir(parents=True, exist_ok=True)
        self._process.start()

    def wait_ready(self, within: float = 60.0) -> None:
        """Return when it takes writes: the replica set is made where missing, and has its primary."""
        deadline = time.monotonic() + within
        self._started.wait_until(lambda: ports.answers(self._port), within)
        with direct_client(self._member) as client:
            ensure_replica_set(client, self._member)
            self._started.wait_until(lambda: is_primary(client), deadline - time.monotonic())

    def stop(self) -> None:
        """End it in order; nothing where it was not started."""
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """SIGKILL; nothing where it was not started."""
        if self._process is not None:
            self._process.kill()

    def pause(self) -> None:
        """SIGSTOP."""
        self._started.pause()

    def resume(self) -> None:
        """SIGCONT."""
        self._started.resume()

    @property
    def _member(self) -> str:
        return f"{ports.HOST}:{self._port}"

    @property
    def _started(self) -> Process:
        if self._process is None:
            raise StartError("MongoDB was not started.")
        return self._process

    def _argv(self) -> list[str]:
        argv = [find_mongod(), "--bind_ip", ports.HOST, "--dbpath", str(self._folder / "data")]
        argv += ["--nounixsocket", "--quiet"]
        return [*argv, *options(self._port, self._cache_gb)]


def options(port: int, cache_gb: float) -> list[str]:
    """What a server is started with wherever it runs, as a process or in a container."""
    options = ["--replSet", REPLICA_SET, "--port", str(port)]
    options += ["--wiredTigerCacheSizeGB", f"{cache_gb:g}", "--oplogSize", "1024"]
    # What a killed process held in a transaction stays held for so long; the default is a minute.
    options += ["--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"]
    return [*options, "--setParameter", "diagnosticDataCollectionEnabled=false"]


def connection_string(member: str) -> str:
    """How clients reach the replica set of this one node."""
    return f"mongodb://{member}/?replicaSet={REPLICA_SET}"


def find_mongod() -> str:
    """The server's program: the one that came with the Python packages, else an installed one."""
    spec = find_spec("fiftyone")
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place) / "db" / "bin" / "mongod"
        if program.is_file():
            # Some installers drop the mark that a file may be run.
            with contextlib.suppress(OSError):
                program.chmod(program.stat().st_mode | 0o111)
            return str(program)
    if installed := shutil.which("mongod"):
        return installed
    raise InfrastructureError(
        "No MongoDB server for this machine. Any of these helps: point SOUNDING_MONGODB at a replica set, "
        "start Docker, or install mongod 6.0 or later so that it is on the PATH."
    )


def serves(uri: str) -> bool:
    """Whether a node there takes writes."""
    from pymongo import MongoClient  # noqa: PLC0415 - see Client
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=3_000) as client:
            return is_primary(client)
    except PyMongoError:
        return False


@contextlib.contextmanager
def direct_client(member: str) -> Generator[Client]:
    """A client of this one node, whatever its replica set thinks."""
    from pymongo import MongoClient  # noqa: PLC0415 - see Client

    client: Client = MongoClient(f"mongodb://{member}/?directConnection=true", serverSelectionTimeoutMS=10_000)
    try:
        yield client
    finally:
        client.close()


def replies(client: Client) -> bool:
    """Whether the node answers at all, replica set or not."""
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - see Client

    try:
        client.admin.command("ping")
        return True
    except PyMongoError:
        return False


def is_primary(client: Client) -> bool:
    """Whether the node takes writes now."""
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - see Client

    try:
        return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False


def ensure_replica_set(client: Client, member: str) -> None:
    """Make the replica set of this one node, or tell an old one the node's new address."""
    from pymongo.errors import OperationFailure  # noqa: PLC0415 - see Client

    wanted = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]}
    try:
        current = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code not in (_NOT_INITIATED, _NO_CONFIGURATION):
            raise
        client.admin.command("replSetInitiate", wanted)
        return
    if [m["host"] for m in current["members"]] != [member]:
        changed = {**current, "version": current["version"] + 1, "members": wanted["members"]}
        client.admin.command("replSetReconfig", changed, force=True)
