"""Kafka and MongoDB as containers, where a Docker engine answers."""

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Callable, Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deploy.local import mongodb, ports
from deploy.local.errors import InfrastructureError, PortTakenError, StartError
from deploy.local.kafka import SETTINGS, serves

KAFKA_IMAGE = "apache/kafka:4.3.1"
MONGODB_IMAGE = "mongo:8"

Ready = Callable[[], str]


@cache
def answers() -> bool:
    """Whether a Docker engine of this machine can be used. The client alone does not count."""
    if not _might():
        return False
    try:
        from testcontainers.core.docker_client import DockerClient, get_docker_host  # noqa: PLC0415 - slow

        return _listens(get_docker_host() or "unix:///var/run/docker.sock") and _pings(DockerClient(timeout=3).client)
    except Exception:  # noqa: BLE001 - whatever is wrong with Docker, the answer is no
        return False


def _might() -> bool:
    # Asking properly takes a third of a second, most of it to load the client.
    home = Path.home()
    traces = (Path("/var/run/docker.sock"), home / ".docker", home / ".testcontainers.properties")
    return "DOCKER_HOST" in os.environ or any(trace.exists() for trace in traces)


def _listens(engine: str) -> bool:
    # Ports of an engine on another machine would open there and not here.
    if not engine.startswith("unix://"):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(3)
        return probe.connect_ex(engine.removeprefix("unix://")) == 0


def _pings(client: Any) -> bool:
    try:
        return bool(client.ping())
    finally:
        client.close()


def fetch(images: Sequence[str], report: Callable[[str], None]) -> None:
    """Have these images here, and the one that removes containers of who was killed. Raises `InfrastructureError`."""
    from testcontainers.core.config import testcontainers_config as config  # noqa: PLC0415 - an extra, and slow
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415

    client = DockerClient().client
    wanted = (*images, *(() if config.ryuk_disabled else (config.ryuk_image,)))
    try:
        for image in (f"{config.hub_image_name_prefix}{one}" for one in wanted):
            if not client.images.list(image):
                report(f"fetching the image {image}")
                client.images.pull(image)
    except Exception as error:  # a registry, a way to it or an engine: each has errors of its own
        raise InfrastructureError(f"Docker has not all images wanted and cannot fetch them: {error}") from error
    finally:
        client.close()


@contextlib.contextmanager
def kafka(data_dir: Path | None, port: int, report: Callable[[str], None]) -> Generator[Ready]:
    """One Kafka node, started; what is given waits until it is ready and returns its bootstrap servers."""
    port = port or ports.free_port()
    report(f"starting the container {KAFKA_IMAGE}")
    container = _container(KAFKA_IMAGE, port)
    for name, value in broker_settings(port).items():
        container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    _keep(container, data_dir, "kafka", "/var/lib/kafka/data")

    def ready() -> str:
        bootstrap = f"{ports.HOST}:{port}"
        _wait("Kafka", container, lambda: serves(bootstrap))
        return bootstrap

    with _running(container):
        yield ready


def broker_settings(port: int) -> dict[str, str]:
    """What a broker is told that others reach at this port.

    It writes the ends of transactions to itself, at the address that it gives to others: inside, the port is the same.
    """
    controller = port - 1
    return {
        **SETTINGS,
        # Nobody kills it and waits, and its disk may be slow.
        "broker.session.timeout.ms": "9000",
        "controller.quorum.voters": f"1@localhost:{controller}",
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://localhost:{controller}",
        "advertised.listeners": f"PLAINTEXT://{ports.HOST}:{port}",
        "log.dirs": "/var/lib/kafka/data",
    }


@contextlib.contextmanager
def mongod(
    data_dir: Path | None, port: int, report: Callable[[str], None], cache_gb: float = mongodb.CACHE_GB
) -> Generator[Ready]:
    """One MongoDB node, started; what is given makes it a replica set by itself and returns its connection string."""
    port = port or ports.free_port()
    report(f"starting the container {MONGODB_IMAGE}")
    container = _container(MONGODB_IMAGE, port)
    container.with_command(["--bind_ip_all", *mongodb.options(port, cache_gb)])
    _keep(container, data_dir, "mongodb", "/data/db")

    def ready() -> str:
        member = f"{ports.HOST}:{port}"
        with mongodb.direct_client(member) as client:
            # The engine takes connections of its own accord; they end where nobody listens inside yet.
            _wait("MongoDB", container, lambda: mongodb.replies(client))
            mongodb.ensure_replica_set(client, member)
            _wait("MongoDB", container, lambda: mongodb.is_primary(client))
        return mongodb.connection_string(member)

    with _running(container):
        yield ready


def volume(data_dir: Path, part: str) -> str:
    """The name of the Docker volume that keeps a part's data for this folder."""
    return f"sounding-{part}-{hashlib.sha256(str(data_dir.absolute()).encode()).hexdigest()[:12]}"


def remove_volumes(data_dir: Path) -> None:
    """Remove what containers kept for this folder; nothing where Docker is not used."""
    if not answers():
        return
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 - an extra, and slow

    for part in ("kafka", "mongodb"):
        with contextlib.suppress(Exception):
            DockerClient().client.volumes.get(volume(data_dir, part)).remove()


def _container(image: str, port: int) -> Any:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - an extra, and slow

    if not ports.is_free(port):
        raise PortTakenError(f"Port {port} is taken by {ports.holder(port) or 'another program'}.")
    container: Any = DockerContainer(image)
    # Set by hand, since `with_bind_ports` would open it to the whole network.
    container.ports[f"{port}/tcp"] = (ports.HOST, port)
    return container


@contextlib.contextmanager
def _running(container: Any) -> Generator[None]:
    with container:
        try:
            yield
        finally:
            # In order first: leaving the container's own block kills it.
            with contextlib.suppress(Exception):
                container.get_wrapped_container().stop(timeout=20)


def _keep(container: Any, data_dir: Path | None, part: str, place: str) -> None:
    # A volume and not a folder: the images run as users of their own.
    if data_dir is not None:
        container.with_volume_mapping(volume(data_dir, part), place, "rw")


def _wait(name: str, container: Any, ready: Callable[[], bool], within: float = 120.0) -> None:
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            output, errors = container.get_logs()
            lines = (output + errors).decode(errors="replace").splitlines()[-25:]
            raise StartError(f"{name} was not ready within {within:.0f} s. Its last lines:\n" + "\n".join(lines))
        time.sleep(0.1)
