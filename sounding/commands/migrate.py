"""`sounding migrate`: make collections and indexes before new processes start."""

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deploy.local.stack import SERVICES
from sounding.deployment import DataOption, JsonOption, settings
from sounding.output import Failure, out, print_json, progress

if TYPE_CHECKING:
    from chassis.mongo import Database
    from chassis.settings import ChassisSettings

    Step = Callable[[Database], Awaitable[int]]

T = TypeVar("T")
DONE = "migrations"
"""Which steps were done, and when: in each service's own database."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate(
    service: Annotated[list[str] | None, typer.Option("--service", help="One alone; may be repeated.")] = None,
    of_data: Annotated[
        bool,
        typer.Option("--with-data", help="Also bring data of earlier builds up to this one; once no old process runs."),
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make the collections and indexes that are missing; drops nothing, and may run beside old and new processes.

    Services do so at their start as well: run it first where an index over much data would hold up the start. What is done
    to data is done once, and may be killed and begun again.
    """
    wanted = service or list(SERVICES)
    if unknown := [name for name in wanted if name not in SERVICES]:
        raise Failure(f"There is no service {unknown[0]!r}. There are: {', '.join(SERVICES)}.", 2)
    where = settings(data)
    seconds, done = {}, dict[str, dict[str, int]]()
    with progress() as shown:
        for name in wanted:
            shown.doing(f"making the indexes of {name}")
            began = time.monotonic()
            _or_failure(name, make_indexes(name, where))
            if of_data:
                shown.doing(f"looking at the data of {name}")
                done[name] = _or_failure(name, bring_up(name, where, shown.doing))
            seconds[name] = round(time.monotonic() - began, 1)
    _show(seconds, done, json=json)


def _show(seconds: dict[str, float], done: dict[str, dict[str, int]], *, json: bool) -> None:
    if json:
        print_json({"migrated": seconds, "data": done})
        return
    for name, took in seconds.items():
        out.print(f"{name}: as it should be, after {took:.1f} s")
        for step, changed in done.get(name, {}).items():
            out.print(f"  {step}: {changed:,} changed")


def _or_failure(name: str, work: Coroutine[Any, Any, T]) -> T:
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - slow

    from chassis.errors import Refusal  # noqa: PLC0415
    from chassis.rebuild import RebuildError  # noqa: PLC0415

    try:
        return asyncio.run(work)
    except PyMongoError as error:
        raise Failure(f"MongoDB refused the migration of {name}: {error}") from error
    except (RebuildError, Refusal) as error:
        raise Failure(f"{name}: {error}") from error


async def bring_up(name: str, where: "ChassisSettings", told: Callable[[str], None]) -> dict[str, int]:
    """Do to a service's data what was not done yet; each step's name, with how much it changed."""
    from chassis.clock import now  # noqa: PLC0415 - slow
    from chassis.service import open_service_database  # noqa: PLC0415

    database, done = open_service_database(where, name), dict[str, int]()
    rows = database.collection(DONE)
    try:
        for step, work in steps(name, where).items():
            if await rows.find_one({"_id": step}) is None:
                told(f"{name}: {step}")
                done[step] = await work(database)
                await rows.insert_one({"_id": step, "at": now(), "changed": done[step]})
    finally:
        database.close()
    return done


def steps(name: str, where: "ChassisSettings") -> "dict[str, Step]":
    """What is done once to a service's data, in this order: nothing is ever taken back."""
    main = importlib.import_module(f"services.{name}.main")
    found: dict[str, Step] = dict(getattr(main, "MIGRATIONS", {}))
    for step, collections in getattr(main, "REBUILDS", {}).items():
        found[step] = partial(_rebuilt, name, where, collections)
    return found


async def _rebuilt(name: str, where: "ChassisSettings", collections: Collection[str], database: "Database") -> int:
    from chassis.rebuild import Rebuild  # noqa: PLC0415 - slow

    changed = 0
    for one in importlib.import_module(f"services.{name}.handlers").router.subscriptions:
        if set(one.projections) & set(collections):
            changed += sum(outcome.wrong for outcome in await Rebuild(database, where, one).run())
    return changed


async def make_indexes(name: str, where: "ChassisSettings") -> None:
    """Make what is missing in a service's database."""
    from chassis.service import CHASSIS_INDEXES, open_service_database  # noqa: PLC0415 - slow

    database = open_service_database(where, name)
    try:
        await database.ensure_indexes({**CHASSIS_INDEXES, **importlib.import_module(f"services.{name}.store").INDEXES})
    finally:
        database.close()
