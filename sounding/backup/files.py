"""The copy: a file for each collection, as `mongodump --gzip` writes them, all as they were at one moment."""

import gzip
import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.clock import now

MANIFEST = "manifest.json"
AT_ONCE = 1_000
TRIES = 3
PASSING = {246, 239, 112}
"""The moment cannot be read any more, or not yet, since a collection was made or dropped meanwhile: take another."""
Told = Callable[[str], None]
Places = dict[str, dict[str, dict[str, int]]]
"""By consumer group and topic, up to where each partition was read."""


class BackupError(Exception):
    """It is no whole copy, or it cannot be put back; the text says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A collection's file."""

    database: str
    collection: str
    documents: int
    sha256: str

    @property
    def path(self) -> str:
        """In the folder."""
        return f"{self.database}/{self.collection}.bson.gz"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy has. It is written last: a folder without it holds none."""

    at: str
    version: str
    prefix: str
    places: Places
    parts: list[Part] = field(default_factory=list)

    @property
    def documents(self) -> int:
        """In all."""
        return sum(part.documents for part in self.parts)


def write(client: Any, folder: Path, prefix: str, places: Places, version: str, told: Told) -> Manifest:
    """Copy all databases whose names begin so. Raises `BackupError` where the folder is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty; give a folder that is not there yet.")
    began, parts = _at_one_moment(client, folder, prefix, told)
    manifest = Manifest(began.isoformat(), version, prefix, places, parts)
    write_manifest(folder, manifest)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Say that the copy is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a copy each of whose files is as it was written. Raises `BackupError`."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"There is no whole backup in {folder}: {error}") from error
    manifest = Manifest(**{**said, "parts": [Part(**part) for part in said["parts"]]})
    for part in manifest.parts:
        path = folder / part.path
        if not path.is_file() or _sha256(path) != part.sha256:
            raise BackupError(f"{path} is missing or not as it was written: the backup cannot be trusted.")
    return manifest


def put_back(client: Any, folder: Path, manifest: Manifest, told: Told) -> None:
    """Write all documents into databases that `drop` has emptied."""
    for part in manifest.parts:
        told(f"restoring {part.database}.{part.collection}, {part.documents:,} documents")
        collection = client[part.database].get_collection(part.collection, codec_options=_raw())
        some: list[Any] = []
        for document in _documents(folder / part.path):
            some.append(document)
            if len(some) == AT_ONCE:
                collection.insert_many(some)
                some = []
        if some:
            collection.insert_many(some)


def drop(client: Any, prefix: str) -> list[str]:
    """Drop the databases whose names begin so; which those were."""
    names = _databases(client, prefix)
    for name in names:
        client.drop_database(name)
    return names


def holds(client: Any, prefix: str) -> list[str]:
    """Databases with documents in them."""
    return [name for name in _databases(client, prefix) if any(_one(client, name, one) for one in _names(client, name))]


def _databases(client: Any, prefix: str) -> list[str]:
    from deploy.local.stack import SERVICES  # noqa: PLC0415 - slow

    ours = {f"{prefix}{service}" for service in SERVICES}
    return sorted(ours & set(client.list_database_names()))


def _names(client: Any, database: str) -> list[str]:
    return sorted(name for name in client[database].list_collection_names() if not name.startswith("system."))


def _one(client: Any, database: str, collection: str) -> bool:
    return client[database][collection].find_one({}, {"_id": 1}) is not None


def _collections(client: Any, prefix: str) -> list[tuple[str, str]]:
    return [(database, name) for database in _databases(client, prefix) for name in _names(client, database)]


def _at_one_moment(client: Any, folder: Path, prefix: str, told: Told) -> tuple[datetime, list[Part]]:
    from pymongo.errors import OperationFailure  # noqa: PLC0415 - slow

    left = TRIES
    while True:
        began, left = now(), left - 1
        try:
            return began, _all(client, folder, _collections(client, prefix), told)
        except OperationFailure as error:
            if error.code not in PASSING or not left:
                raise BackupError(_explained(error)) from error


def _all(client: Any, folder: Path, wanted: list[tuple[str, str]], told: Told) -> list[Part]:
    with client.start_session(snapshot=True) as session:
        return [_copied(client, folder, database, name, session, told) for database, name in wanted]


def _copied(client: Any, folder: Path, database: str, name: str, session: Any, told: Told) -> Part:
    told(f"copying {database}.{name}")
    target = folder / database / f"{name}.bson.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with gzip.open(target, "wb", compresslevel=1) as out:
        found = client[database].get_collection(name, codec_options=_raw())
        for document in found.find({}, session=session, batch_size=AT_ONCE):
            out.write(document.raw)
            count += 1
    return Part(database, name, count, _sha256(target))


def _documents(path: Path) -> Iterator[Any]:
    from bson.raw_bson import RawBSONDocument  # noqa: PLC0415 - slow

    with gzip.open(path, "rb") as file:
        while head := file.read(4):
            (size,) = struct.unpack("<i", head)
            yield RawBSONDocument(head + file.read(size - 4))


def _raw() -> Any:
    from bson.codec_options import CodecOptions  # noqa: PLC0415 - slow
    from bson.raw_bson import RawBSONDocument  # noqa: PLC0415

    return CodecOptions(document_class=RawBSONDocument)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _explained(error: Exception) -> str:
    return (
        f"MongoDB could not read all of it at one moment: {error}. Where it took longer than five minutes, set "
        "minSnapshotHistoryWindowInSeconds higher, or take a snapshot of the disk (docs/operations/backup.md)."
    )
