"""Where Kafka and MongoDB come from: the environment, else Docker, else processes of our own.

One answer for `sounding up`, the tests and the benchmarks; each of the two is asked for by itself.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from deploy.local import docker
from deploy.local.errors import InfrastructureError, StartError
from deploy.local.kafka import Kafka
from deploy.local.mongodb import CACHE_GB, Mongod
from deploy.local.process import LOOSE, Bond, Server

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
    bond: Bond = LOOSE,
    scratch: Path | None = None,
    cache_gb: float = CACHE_GB,
) -> Generator[Infrastructure]:
    """A ready Kafka and MongoDB; what was started here ends with the block.

    Without `data_dir` the data is gone afterwards; until then it lies in a folder below `scratch`. Port 0 takes
    a free one. `bond` says what becomes of local processes when this one is killed. `cache_gb` is what a MongoDB
    started here may keep in memory.
    """
    where = _within_reach(plan(), report)
    with _folder(data_dir, scratch) as folder, contextlib.ExitStack() as stack:
        ways = _Ways(folder, data_dir is not None, report, bond, cache_gb)
        # Both are started before either is waited for.
        kafka_ready = stack.enter_context(ways.kafka(where.kafka, kafka_port))
        mongodb_ready = stack.enter_context(ways.mongodb(where.mongodb, mongodb_port))
        broker, mongod = kafka_ready(), mongodb_ready()
        yield Infrastructure(
            kafka=broker.address,
            mongodb=mongod.address,
            how=str(where),
            broker=broker.server,
            mongod=mongod.server,
        )


@contextlib.contextmanager
def local_kafka(folder: Path, port: int = 0) -> Generator[Kafka]:
    """A ready Kafka as a local process, whatever else there is: one that a test may harm."""
    with _opened(lambda: Kafka(folder, port), port) as ready:
        yield ready()


@contextlib.contextmanager
def local_mongod(folder: Path, port: int = 0) -> Generator[Mongod]:
    """A ready MongoDB as a local process, whatever else there is: one that a test may harm."""
    with _opened(lambda: Mongod(folder, port), port) as ready:
        yield ready()


Ready = Callable[[], _Part]


@dataclass(frozen=True, slots=True)
class _Ways:
    folder: Path
    lasting: bool
    report: Report
    bond: Bond
    cache_gb: float

    @contextlib.contextmanager
    def kafka(self, origin: Origin, port: int) -> Generator[Ready]:
        if origin == "environment":
            yield _given(KAFKA_VARIABLE)
        elif origin == "docker":
            with docker.kafka(self.folder if self.lasting else None, port, self.report) as ready:
                yield lambda: _Part(ready())
        else:
            self.report("starting Kafka")
            folder = self.folder / "kafka"
            make = partial(Kafka, folder, port, report=self.report, bond=self.bond)
            with _opened(make, port) as ready:
                yield lambda: _part(ready())

    @contextlib.contextmanager
    def mongodb(self, origin: Origin, port: int) -> Generator[Ready]:
        if origin == "environment":
            yield _given(MONGODB_VARIABLE)
        elif origin == "docker":
            with docker.mongod(self.folder if self.lasting else None, port, self.report, self.cache_gb) as ready:
                yield lambda: _Part(ready())
        else:
            self.report("starting MongoDB")
            make = partial(Mongod, self.folder / "mongodb", port, bond=self.bond, cache_gb=self.cache_gb)
            with _opened(make, port) as ready:
                yield lambda: _part(ready())


def _given(variable: str) -> Ready:
    return lambda: _Part(os.environ[variable])


def _part(server: Server) -> _Part:
    return _Part(server.address, server)


@contextlib.contextmanager
def _opened(make: Callable[[], S], port: int) -> Generator[Callable[[], S]]:
    """A started server; what is given waits until it is ready and returns it."""
    server = make()

    def ready() -> S:
        nonlocal server
        for left in reversed(range(1 if port else _ATTEMPTS)):
            try:
                server.start()
                server.wait_ready()
                return server
            except StartError:
                server.kill()
                if not left:
                    raise
                # A port of our choice may be taken by another in the same moment; then another will do.
                server = make()
        raise AssertionError

    try:
        server.start()
        yield ready
    finally:
        server.stop()


@contextlib.contextmanager
def _folder(data_dir: Path | None, scratch: Path | None) -> Generator[Path]:
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        yield data_dir
        return
    folder = Path(tempfile.mkdtemp(prefix="sounding-", dir=scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _within_reach(where: Plan, report: Report) -> Plan:
    """Containers only where their images can be had: an engine may answer that reaches no registry."""
    images = {docker.KAFKA_IMAGE: where.kafka, docker.MONGODB_IMAGE: where.mongodb}
    wanted = [image for image, origin in images.items() if origin == "docker"]
    try:
        if wanted:
            docker.fetch(wanted, report)
    except InfrastructureError as error:
        if os.environ.get(CHOICE_VARIABLE) == "docker":
            raise
        report(f"taking local processes: {error}")
        return Plan(kafka=_not_docker(where.kafka), mongodb=_not_docker(where.mongodb))
    return where


def _not_docker(origin: Origin) -> Origin:
    return "local processes" if origin == "docker" else origin


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
