"""`sounding backup` and `sounding restore`: all databases as they were at one moment, and the way back."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sounding.backup import catching_up, files, places
from sounding.commands.migrate import make_indexes
from sounding.commands.rebuild import build
from sounding.deployment import DataOption, JsonOption, running_here, settings
from sounding.output import Failure, Progress, out, print_json, progress, said_as_failure

if TYPE_CHECKING:
    from sounding_contracts.topics import Topic

READERS = ("profile", "scheduler", "outbox", "feedback")
FolderArgument = Annotated[Path, typer.Argument(help="Of the backup; everything in it says who people are.")]
PlacesOption = Annotated[
    bool, typer.Option("--places-only", help="Only up to where streams were read: MongoDB's data is copied otherwise.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    folder: FolderArgument, places_only: PlacesOption = False, data: DataOption = None, json: JsonOption = False
) -> None:
    """Copy all databases as they are at one moment, while everything runs."""
    where = settings(data)
    prefix, release = where.database_prefix, version("sounding")
    with progress() as shown, said_as_failure(files.BackupError, *_troubles())():
        read = asyncio.run(places.noted(where, _groups(data)))
        if places_only:
            made = files.Manifest(_now().isoformat(), release, prefix, read)
            files.write_manifest(folder, made)
        else:
            with _client(where) as client:
                made = files.write(client, folder, prefix, read, release, shown.doing)
    if json:
        print_json({"at": made.at, "documents": made.documents, "collections": len(made.parts)})
    else:
        out.print(f"{made.documents:,} documents of {len(made.parts)} collections, as they were at {made.at}: {folder}")


def restore(
    folder: FolderArgument,
    over: Annotated[bool, typer.Option("--over", help="Drop what the databases hold now.")] = False,
    lost_at: Annotated[
        datetime | None,
        typer.Option("--lost-at", help="When the databases were lost (UTC); now, where you do not know."),
    ] = None,
    places_only: PlacesOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put a backup back, and bring it up to what was told to others since; no service may run.

    It may be killed and begun again, with --over. With --places-only the databases are back already.
    """
    lost = (lost_at or _now()).replace(tzinfo=UTC)
    where = settings(data)
    with progress() as shown, said_as_failure(files.BackupError, *_troubles())():
        copied = files.read(folder)
        report: dict[str, Any] = {"at": copied.at, "documents": copied.documents}
        groups = _groups(data)
        _check_stopped(data, where, groups)
        if not places_only:
            _put_back(where, folder, copied, shown, over=over)
        report["partitions"] = asyncio.run(places.set_back(where, groups, copied.places))
        report["taken_back"] = asyncio.run(_caught_up(data, shown))
        report["outbox"] = asyncio.run(_reconciled(data, lost, shown))
    if json:
        print_json(report)
    else:
        _show(report)


def _put_back(where: Any, folder: Path, copied: files.Manifest, shown: Progress, *, over: bool) -> None:
    if copied.prefix != where.database_prefix:
        raise Failure(f"It is of databases that begin with {copied.prefix!r}, not with {where.database_prefix!r}.", 2)
    with _client(where) as client:
        if not over and (held := files.holds(client, copied.prefix)):
            raise Failure(f"These databases are not empty: {', '.join(held)}. With --over they are dropped first.", 2)
        files.drop(client, copied.prefix)
        files.put_back(client, folder, copied, shown.doing)
    for name in sorted({part.database.removeprefix(copied.prefix) for part in copied.parts}):
        shown.doing(f"making the indexes of {name}")
        asyncio.run(make_indexes(name, where))


def _check_stopped(data: Path | None, where: Any, groups: "dict[str, Topic]") -> None:
    if running_here(data):
        raise Failure(
            "Stop everything first but Kafka and MongoDB; name these with SOUNDING_KAFKA and SOUNDING_MONGODB."
        )
    asyncio.run(places.check_free(where, groups))


async def _caught_up(data: Path | None, shown: Progress) -> dict[str, int]:
    behind: dict[str, int] = {}
    for name in catching_up.OWNERS:
        service = build(name, data)
        behind |= await catching_up.catch_up(service, _teller(shown, name))
        service.database.close()
    return behind


async def _reconciled(data: Path | None, lost: datetime, shown: Progress) -> dict[str, int]:
    from services.outbox.main import reconciliation  # noqa: PLC0415 - slow
    from sounding.commands.rebuild import own_settings  # noqa: PLC0415

    return asdict(await reconciliation(own_settings("outbox", data), _teller(shown, "outbox")).run("sounding", lost))


def _groups(data: Path | None) -> "dict[str, Topic]":
    """Every consumer group of ours that changes what is stored, with its topic. The console's only passes news on."""
    found: dict[str, Topic] = {}
    for service in [build(name, data) for name in READERS]:
        found |= {service.group(one.purpose): one.topic for one in service.streams.subscriptions}
        service.database.close()
    return found


def _client(where: Any) -> Any:
    from pymongo import MongoClient  # noqa: PLC0415 - slow

    return MongoClient(where.mongodb.get_secret_value(), w="majority")


def _troubles() -> list[type[Exception]]:
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - slow
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    return [KafkaError, PyMongoError]


def _teller(shown: Progress, name: str) -> Any:
    def tell(step: str, done: int, total: int) -> None:
        shown.doing(f"{name}: {step} {done:,} of {total:,}")

    return tell


def _now() -> datetime:
    from chassis.clock import now  # noqa: PLC0415 - slow

    return now()


def _show(report: dict[str, Any]) -> None:
    out.print(f"{report['documents']:,} documents are back as they were at {report['at']}.")
    for stream, count in report["taken_back"].items():
        out.print(f"  {stream}: {count:,} were behind what had been told")
    said = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in report["outbox"].items())
    out.print(f"  outbox: {said}")
    out.print("Start the services now; see docs/operations/backup.md for what is not on any stream.")
