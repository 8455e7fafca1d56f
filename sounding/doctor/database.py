"""MongoDB: replica set, version, clock, room, and each service's indexes."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from deploy.local.stack import SERVICES
from sounding.doctor.finding import Finding, clock

OLDEST = (6, 0)
LEAST_FREE = 0.15
SECONDS = 5
SHOWN = 5


def look(settings: Any) -> list[Finding]:
    """All of it; one finding where no primary answers. `settings` are those of the chassis."""
    from pymongo import MongoClient  # noqa: PLC0415 - slow
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    uri = settings.mongodb.get_secret_value()
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=SECONDS * 1000, tz_aware=True) as client:
            first = client[f"{settings.database_prefix}{SERVICES[0]}"]
            return [*_server(first), *_room(first), *_indexes(client, settings.database_prefix)]
    except PyMongoError as error:
        do = "Is it up, is SOUNDING_MONGODB right (user, authSource, tls), and has its replica set a primary?"
        return [Finding("MongoDB", False, f"{type(error).__name__}: {str(error)[:200]}", do)]


def _server(database: Any) -> Iterator[Finding]:
    from chassis.clock import now  # noqa: PLC0415 - slow

    before = now()
    hello = database.command("hello")
    yield clock("MongoDB", hello["localTime"].astimezone(UTC), before, now())
    name = hello.get("setName") or ("a sharded cluster" if hello.get("msg") == "isdbgrid" else None)
    members = len(hello.get("hosts", ())) or 1
    do = "Start mongod with --replSet and run rs.initiate(): without it there are no transactions."
    yield Finding("MongoDB's replica set", name is not None, f"{name}, {members} member(s)" if name else "none", do)
    version = database.client.server_info()["version"]
    well = tuple(map(int, version.split(".")[:2])) >= OLDEST
    yield Finding("MongoDB's version", well, version, f"Take MongoDB {OLDEST[0]}.{OLDEST[1]} or later.")


def _room(database: Any) -> Iterator[Finding]:
    stats = database.command("dbStats")
    total, used = stats.get("fsTotalSize", 0), stats.get("fsUsedSize", 0)
    if total:
        free = 1 - used / total
        said = f"{free:.0%} of {total / 1e9:,.0f} GB free"
        yield Finding("MongoDB's disk", free >= LEAST_FREE, said, "Make room, or a larger disk: a full one stops all.")


def _indexes(client: Any, prefix: str) -> Iterator[Finding]:
    for service in SERVICES:
        database = client[f"{prefix}{service}"]
        existing = set(database.list_collection_names())
        missing = [
            f"{collection}.{name}"
            for collection, models in wanted_indexes(service).items()
            for name in missing_of(models, database[collection].index_information() if collection in existing else {})
        ]
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        said = f"missing: {', '.join(missing[:SHOWN])}{more}" if missing else "all are there"
        do = f"Run `sounding migrate --service {service}`; the service makes them at its start as well."
        yield Finding(f"indexes of {service}", not missing, said, do if missing else None)


def wanted_indexes(service: str) -> Mapping[str, Sequence[Any]]:
    """A service's indexes, by collection."""
    from chassis.service import CHASSIS_INDEXES  # noqa: PLC0415 - slow

    indexes: Mapping[str, Sequence[Any]] = importlib.import_module(f"services.{service}.store").INDEXES
    return {**CHASSIS_INDEXES, **indexes}


def missing_of(models: Sequence[Any], existing: Mapping[str, Any]) -> list[str]:
    """The names of those indexes that a collection lacks."""
    return [model.document["name"] for model in models if model.document["name"] not in existing]
