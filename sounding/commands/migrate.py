"""`sounding migrate`: make collections and indexes before new processes start."""

import asyncio
import importlib
import time
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.local.stack import SERVICES
from sounding.deployment import DataOption, JsonOption, settings
from sounding.output import Failure, out, print_json, progress

if TYPE_CHECKING:
    from chassis.settings import ChassisSettings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate(
    service: Annotated[list[str] | None, typer.Option("--service", help="One alone; may be repeated.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make the collections and indexes that are missing; drops nothing, and may run beside old and new processes.

    Services do so at their start as well: run it first where an index over much data would hold up the start.
    """
    wanted = service or list(SERVICES)
    if unknown := [name for name in wanted if name not in SERVICES]:
        raise Failure(f"There is no service {unknown[0]!r}. There are: {', '.join(SERVICES)}.", 2)
    where = settings(data)
    seconds = {}
    with progress() as shown:
        for name in wanted:
            shown.doing(f"making the indexes of {name}")
            began = time.monotonic()
            _or_failure(name, where)
            seconds[name] = round(time.monotonic() - began, 1)
    if json:
        print_json({"migrated": seconds})
    else:
        out.print("\n".join(f"{name}: as it should be, after {took:.1f} s" for name, took in seconds.items()))


def _or_failure(name: str, where: "ChassisSettings") -> None:
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - slow

    try:
        asyncio.run(make_indexes(name, where))
    except PyMongoError as error:
        raise Failure(f"MongoDB refused the indexes of {name}: {error}") from error


async def make_indexes(name: str, where: "ChassisSettings") -> None:
    """Make what is missing in a service's database."""
    from chassis.service import CHASSIS_INDEXES, open_service_database  # noqa: PLC0415 - slow

    database = open_service_database(where, name)
    try:
        await database.ensure_indexes({**CHASSIS_INDEXES, **importlib.import_module(f"services.{name}.store").INDEXES})
    finally:
        database.close()
