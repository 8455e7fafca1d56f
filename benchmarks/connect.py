"""Kafka Connect with MongoDB's sink, resolved from Maven Central as Kafka's own jars are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.processes import running, say
from deploy.local import jars
from deploy.local.kafka import JVM, LOGGING, VERSION, java

COORDINATES = (
    f"org.apache.kafka:connect-runtime:{VERSION}",
    f"org.apache.kafka:connect-json:{VERSION}",
    "org.mongodb.kafka:mongo-kafka-connect:2.0.1:all",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)
_WORKER = """\
bootstrap.servers={kafka}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename={folder}/offsets
offset.flush.interval.ms=1000
connector.client.config.override.policy=All
listeners=http://127.0.0.1:0
"""
_SINK = """\
name=sink-{group}
connector.class=com.mongodb.kafka.connect.MongoSinkConnector
tasks.max={tasks}
topics={topic}
connection.uri={mongodb}
database={database}
collection=customers
max.batch.size=2000
consumer.override.isolation.level=read_committed
consumer.override.max.poll.records=2000
consumer.override.auto.offset.reset=earliest
document.id.strategy=com.mongodb.kafka.connect.sink.processor.id.strategy.PartialValueStrategy
document.id.strategy.partial.value.projection.type=AllowList
document.id.strategy.partial.value.projection.list=subject
"""


def _write(folder: Path, *, kafka: str, mongodb: str, topic: str, database: str, tasks: int) -> tuple[Path, Path, Path]:
    """The settings of the worker, of the sink, and of the log."""
    folder.mkdir(parents=True, exist_ok=True)
    uri = mongodb + ("&" if "?" in mongodb else "?") + "w=majority&journal=true"
    worker, connector, logging = folder / "worker.properties", folder / "sink.properties", folder / "log4j2.properties"
    worker.write_text(_WORKER.format(kafka=kafka, folder=folder))
    connector.write_text(_SINK.format(group=database, topic=topic, mongodb=uri, database=database, tasks=tasks))
    logging.write_text(LOGGING)
    return worker, connector, logging


@asynccontextmanager
async def sink(folder: Path, *, kafka: str, mongodb: str, topic: str, database: str, tasks: int) -> AsyncIterator[str]:
    """A worker that upserts a topic's events by subject; gives the name of its consumer group."""
    paths = jars.class_path(COORDINATES, say)
    worker, connector, logging = _write(
        folder, kafka=kafka, mongodb=mongodb, topic=topic, database=database, tasks=tasks
    )
    main = "org.apache.kafka.connect.cli.ConnectStandalone"
    argv = [java(), *JVM, "-Xmx1g", f"-Dlog4j2.configurationFile={logging}", "-cp", ":".join(map(str, paths)), main]
    async with running([*argv, str(worker), str(connector)], {}):
        yield f"connect-sink-{database}"
