"""`sounding connect`: the rows of a database table, from the topic of Debezium or Kafka Connect to sync events."""

import asyncio
import contextlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sounding.deployment import DataOption, settings
from sounding.output import Failure, Progress, progress

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

    from chassis.settings import ChassisSettings
    from services.profile.domain.connectors.tables import Table

_AT_ONCE = 500
_REQUIRED = {"topic", "source", "key", "columns"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which topic is read, and what its rows mean."""

    topic: str
    table: "Table"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(connect)


def connect(
    recipe: Annotated[Path, typer.Argument(help="A TOML file: topic, source, key, [columns].", exists=True)],
    until_end: Annotated[bool, typer.Option("--until-end", help="End once all that is there is passed on.")] = False,
    data: DataOption = None,
) -> None:
    """Pass rows of a table on as sync events, until Ctrl-C; may run in several processes, and be killed at any time.

    A record that is no row goes on as well and ends in profile's dead letters, with the reason in it.
    """
    read = _read(recipe)
    where = settings(data)
    with progress() as shown:
        asyncio.run(pass_on(where, read, until_end=until_end, shown=shown))


def _read(path: Path) -> Recipe:
    from services.profile.domain.connectors.tables import Table  # noqa: PLC0415 - slow

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(f"{path} cannot be read: {error}", 2) from error
    unknown = found.keys() - _REQUIRED - {"changed_at"}
    missing = _REQUIRED - found.keys()
    if unknown or missing:
        raise Failure(f"{path}: {'unknown' if unknown else 'missing'}: {', '.join(sorted(unknown or missing))}", 2)
    topic = found.pop("topic")
    return Recipe(topic, Table(**found))


async def pass_on(where: "ChassisSettings", recipe: Recipe, *, until_end: bool, shown: Progress) -> int:
    """Read, map, publish, and only then say that it is read; returns how many records were passed on."""
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # noqa: PLC0415 - slow

    from chassis.kafka import client_options  # noqa: PLC0415

    group = f"{where.topic_prefix}connect.{recipe.table.source}.{recipe.topic}"
    consumer = AIOKafkaConsumer(
        recipe.topic,
        **client_options(where),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(**client_options(where), enable_idempotence=True, acks="all")
    async with contextlib.AsyncExitStack() as stack:
        for client in (consumer, producer):
            stack.push_async_callback(client.stop)
            await client.start()
        return await _loop(consumer, producer, where, recipe, until_end=until_end, shown=shown)


async def _loop(
    consumer: "AIOKafkaConsumer",
    producer: "AIOKafkaProducer",
    where: "ChassisSettings",
    recipe: Recipe,
    *,
    until_end: bool,
    shown: Progress,
) -> int:
    from aiokafka.errors import CommitFailedError  # noqa: PLC0415 - slow
    from sounding_contracts.topics import INTEGRATIONS_CUSTOMERS  # noqa: PLC0415

    topic, done = where.topic_prefix + INTEGRATIONS_CUSTOMERS.name, 0
    while True:
        batches = await consumer.getmany(timeout_ms=1000, max_records=_AT_ONCE)
        records = [record for batch in batches.values() for record in batch]
        for waiting in [await producer.send(topic, key=key, value=value) for key, value in _events(recipe, records)]:
            await waiting
        # Where the group was shared out anew, they come again, and are known by their ids.
        with contextlib.suppress(CommitFailedError):
            if records:
                await consumer.commit()
        done += len(records)
        shown.doing(f"passing on, {done:,} records")
        if until_end and not records and await _at_end(consumer):
            return done


async def _at_end(consumer: "AIOKafkaConsumer") -> bool:
    places = consumer.assignment()
    ends = await consumer.end_offsets(list(places))
    return bool(places) and all([await consumer.position(place) >= end for place, end in ends.items()])


def _events(recipe: Recipe, records: Sequence["ConsumerRecord[bytes, bytes]"]) -> list[tuple[bytes, bytes]]:
    found = [(record, _event(recipe, record)) for record in records]
    return [
        (str(event.get("subject") or "").encode() or record.key or b"-", json.dumps(event).encode())
        for record, event in found
        if event is not None
    ]


def _event(recipe: Recipe, record: "ConsumerRecord[bytes, bytes]") -> dict[str, Any] | None:
    from services.profile.domain.connectors.tables import NoRow, customer_sync  # noqa: PLC0415 - slow

    id_ = f"{record.topic}:{record.partition}:{record.offset}"
    try:
        value = json.loads(record.value) if record.value is not None else None
        if value is not None and not isinstance(value, dict):
            raise NoRow("it is no JSON object")
        return customer_sync(recipe.table, value, id_=id_)
    except ValueError as error:
        text = (record.value or b"").decode("utf-8", "backslashreplace")
        head = {"specversion": "1.0", "id": id_, "source": recipe.table.source, "type": "customer.sync"}
        # Without data it is refused by profile, and kept there with all that is in it.
        return {**head, "data": None, "refused": str(error), "record": text}
