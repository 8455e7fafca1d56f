"""Where Kafka and MongoDB come from: the environment, else Docker, else processes of our own.

One answer for `sounding up`, the tests and the benchmarks; each of the two is asked for by itself.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from deploy.local import docker
from deploy.local.errors import InfrastructureError, StartError
from deploy.local.kafka import Kafka
from deploy.local.mongodb import Mongod
from deploy.local.process import Server

Origin = Literal["environment", "docker", "local processes"]
Report = Callable[[str], None]

KAFKA_VARIABLE, MONGODB_VARIABLE = "SOUNDING_KAFKA", "SOUNDING_MONGODB"
# "docker" or "local" leaves out the other; for those who want the same at each run.
CHOICE_VARIABLE = "SOUNDING_INFRASTRUCTURE"
_ATTEMPTS = 3

S = TypeVar("S", bound=Server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where each part will come from."""

    kafka: Origin
    mongodb: Origin

    def __str__(self) -> str:
        return f"Kafka from {_words(self.kafka)}, MongoDB from {_words(self.mongodb)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Infrastructure:
    """A Kafka and a MongoDB that are ready."""

    kafka: str
    mongodb: str
    how: str
    broker: Server | None = None
    mongod: Server | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    address: str
    server: Server | None = None


def plan() -> Plan:
    """Where the parts would come from now; starts nothing."""
    return Plan(kafka=_origin(KAFKA_VARIABLE), mongodb=_origin(MONGODB_VARIABLE))


@contextlib.contextmanager
def infrastructure(
    data_dir: Path | None = None,
    *,
    kafka_port: int = 0,
    mongodb_port: int = 0,
    report: Report = lambda _: None,
    when_we_die: signal.Signals = signal.SIGKILL,
) -> Generator[Infrastructure]:
    """A ready Kafka and MongoDB; what was started here ends with the block.

    Without `data_dir` the data is gone afterwards. Port 0 takes a free one. `when_we_die` is
    sent to local processes when this process is killed.
    """
    where = plan()
    with _folder(data_dir) as folder, contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        make_kafka = pool.submit(_start_kafka, where.kafka, folder, data_dir, kafka_port, report, when_we_die)
        make_mongodb = pool.submit(_start_mongodb, where.mongodb, folder, data_dir, mongodb_port, report, when_we_die)
        # Both are awaited before either may fail, so that the one that did start is stopped.
        for started in (make_kafka, make_mongodb):
            if started.exception() is None:
                stack.push(started.result()[1])
        broker, mongod = make_kafka.result()[0], make_mongodb.result()[0]
        yield Infrastructure(
            kafka=broker.address,
            mongodb=mongod.address,
            how=str(where),
            broker=broker.server,
            mongod=mongod.server,
        )


Started = tuple[_Part, contextlib.ExitStack]


def _start_kafka(
    origin: Origin, folder: Path, data_dir: Path | None, port: int, report: Report, when_we_die: signal.Signals
) -> Started:
    if origin == "environment":
        return _Part(os.environ[KAFKA_VARIABLE]), contextlib.ExitStack()
    if origin == "docker":
        return _entered(docker.kafka(data_dir, port, report))
    return _entered(local_kafka(folder / "kafka", port, report, when_we_die))


def _start_mongodb(
    origin: Origin, folder: Path, data_dir: Path | None, port: int, report: Report, when_we_die: signal.Signals
) -> Started:
    if origin == "environment":
        return _Part(os.environ[MONGODB_VARIABLE]), contextlib.ExitStack()
    if origin == "docker":
        return _entered(docker.mongod(data_dir, port, report))
    return _entered(local_mongod(folder / "mongodb", port, report, when_we_die))


def _entered(opening: "contextlib.AbstractContextManager[str | Kafka | Mongod]") -> Started:
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(opening)
        part = _Part(made) if isinstance(made, str) else _Part(made.address, made)
        return part, stack.pop_all()
    raise AssertionError("unreachable")


@contextlib.contextmanager
def local_kafka(
    folder: Path,
    port: int = 0,
    report: Report = lambda _: None,
    when_we_die: signal.Signals = signal.SIGKILL,
) -> Generator[Kafka]:
    """A ready Kafka as a local process, whatever else there is: one that a test may harm."""
    report("starting Kafka")
    kafka = _ready(lambda: Kafka(folder, port, report=report, when_we_die=when_we_die), port)
    try:
        yield kafka
    finally:
        kafka.stop()


@contextlib.contextmanager
def local_mongod(
    folder: Path,
    port: int = 0,
    report: Report = lambda _: None,
    when_we_die: signal.Signals = signal.SIGKILL,
) -> Generator[Mongod]:
    """A ready MongoDB as a local process, whatever else there is: one that a test may harm."""
    report("starting MongoDB")
    mongod = _ready(lambda: Mongod(folder, port, report=report, when_we_die=when_we_die), port)
    try:
        yield mongod
    finally:
        mongod.stop()


def _ready(make: Callable[[], S], port: int) -> S:
    # A port of our choice may be taken by another in the same moment; then another will do.
    for _ in range(1 if port else _ATTEMPTS - 1):
        server = make()
        try:
            return _started(server)
        except StartError:
            if port:
                raise
    return _started(make())


def _started(server: S) -> S:
    try:
        server.start()
        server.wait_ready()
    except BaseException:
        with contextlib.suppress(StartError):
            server.kill()
        raise
    return server


@contextlib.contextmanager
def _folder(data_dir: Path | None) -> Generator[Path]:
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        yield data_dir
        return
    folder = Path(tempfile.mkdtemp(prefix="sounding-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _origin(variable: str) -> Origin:
    if os.environ.get(variable):
        return "environment"
    choice = os.environ.get(CHOICE_VARIABLE, "")
    if choice not in ("", "docker", "local"):
        raise InfrastructureError(f"{CHOICE_VARIABLE} is {choice!r}; it may be 'docker' or 'local'.")
    if choice == "docker" and not docker.answers():
        raise InfrastructureError(f"{CHOICE_VARIABLE} asks for Docker, but no Docker engine of this machine answers.")
    return "docker" if choice != "local" and docker.answers() else "local processes"


def _words(origin: Origin) -> str:
    return {"environment": "the environment", "docker": "Docker", "local processes": "local processes"}[origin]
