"""`sounding send-sync`: publish customers as an integration would."""

import asyncio
import contextlib
import json as json_module
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sounding.deployment import DataOption, JsonOption, settings
from sounding.output import Failure, out, print_json, progress

if TYPE_CHECKING:
    from chassis.settings import ChassisSettings

Doing = Callable[[str], None]

_AT_ONCE = 500


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("send-sync")(send_sync)


@dataclass(frozen=True, slots=True)
class Record:
    """What goes to Kafka."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def send_sync(
    file: Annotated[Path, typer.Option("--file", help="One JSON object a line; - is standard input.")],
    source: Annotated[str, typer.Option(help="The integration's name, for lines that are not whole events.")] = "file",
    check: Annotated[bool, typer.Option("--check", help="Only look whether the lines are right.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Publish customers to `integrations.customers.v1`.

    A line is a whole CloudEvent of type customer.sync, or only its data with an optional
    `external_id`: {"external_id": "42", "email": "ada@example.com", "tags": {"add": ["nps"]}}.
    Nothing is sent when a line is wrong.
    """
    records = read(_lines(file), source)
    if not check:
        with progress() as shown:
            _send(settings(data), records, shown.doing)
    verb = "right" if check else "sent"
    if json:
        print_json({verb: len(records)})
    else:
        out.print(f"{len(records)} {verb}.")


def read(lines: Iterable[tuple[int, str]], source: str) -> list[Record]:
    """The records of these lines. Raises a `Failure` that names every wrong line."""
    from sounding_contracts import DecodeError  # noqa: PLC0415 - slow

    records: list[Record] = []
    wrong: list[str] = []
    for number, line in lines:
        try:
            records.append(_record(line, source))
        except (DecodeError, ValueError) as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        more = f"\n… and {len(wrong) - 20} more" if len(wrong) > 20 else ""  # noqa: PLR2004
        raise Failure("Nothing was sent.\n" + "\n".join(wrong[:20]) + more)
    return records


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with contextlib.nullcontext(sys.stdin) if str(file) == "-" else file.open(encoding="utf-8") as text:
            yield from ((number, line) for number, line in enumerate(text, 1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}") from error


def _record(line: str, source: str) -> Record:
    from sounding_contracts import decode, record_headers  # noqa: PLC0415 - slow
    from sounding_contracts.integrations import CustomerSync  # noqa: PLC0415

    body = json_module.loads(line)
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the line is wrong, not the program
    whole = body if "specversion" in body else _event(body, source)
    # Sent as it was written: what is absent must stay absent, since an explicit null clears a field.
    value = json_module.dumps(whole, ensure_ascii=False).encode()
    event = decode(value, [], {CustomerSync.type: CustomerSync})
    key = event.subject or (event.data.email if event.data else None)
    if not key:
        raise ValueError("neither an external_id (subject) nor an email")
    return Record(key.encode(), value, record_headers(event))


def _event(body: dict[str, Any], source: str) -> dict[str, Any]:
    from chassis.clock import now  # noqa: PLC0415 - slow
    from chassis.ids import new_id  # noqa: PLC0415

    subject = body.pop("external_id", None)
    event = {"specversion": "1.0", "id": new_id(), "source": source, "type": "customer.sync", "data": body}
    event["time"] = now().isoformat()
    return {**event, "subject": str(subject)} if subject is not None else event


def _send(where: "ChassisSettings", records: Sequence[Record], doing: Doing) -> None:
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - slow
    from sounding_contracts.topics import INTEGRATIONS_CUSTOMERS  # noqa: PLC0415

    topic = where.topic_prefix + INTEGRATIONS_CUSTOMERS.name
    try:
        asyncio.run(publish(where, topic, records, doing))
    except KafkaError as error:
        raise Failure(f"Kafka at {where.kafka} did not take them all: {error}") from error


async def publish(where: "ChassisSettings", topic: str, records: Sequence[Record], doing: Doing) -> None:
    """Publish all; returns once Kafka has acknowledged each."""
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415 - slow

    from chassis.kafka import client_options  # noqa: PLC0415

    producer = AIOKafkaProducer(**client_options(where), enable_idempotence=True)
    try:
        await producer.start()
        for first in range(0, len(records), _AT_ONCE):
            sent = [
                await producer.send(topic, key=one.key, value=one.value, headers=one.headers)
                for one in records[first : first + _AT_ONCE]
            ]
            await asyncio.gather(*sent)
            doing(f"sending, {min(first + _AT_ONCE, len(records))} of {len(records)}")
    finally:
        await producer.stop()
