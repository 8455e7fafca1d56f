"""`sounding rebuild`: make what a service keeps of other services' streams anew from those streams."""

import asyncio
import importlib
import os
from dataclasses import asdict
from json import dumps as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.stack import SERVICES
from deploy.local.state import data_folder, local_secrets
from sounding.deployment import DataOption, JsonOption, running_here, settings
from sounding.output import Failure, Progress, print_json, print_table, progress

if TYPE_CHECKING:
    from chassis.rebuild import Outcome, Told
    from chassis.service import Service
    from chassis.streams import Subscription

_COLUMNS = ("collection", "records", "unreadable", "rows", "stored", "removed")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rebuild)


def rebuild(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    collections: Annotated[
        list[str] | None, typer.Argument(metavar="[COLLECTION]...", help="Some of its projections; all by default.")
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Only say what is wrong; change nothing.")] = False,
    remove_many: Annotated[
        bool, typer.Option("--remove-many", help="Also where so many rows are on no stream that it looks cut.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Rebuild projections from their streams, while the service runs; nothing is published or sent twice.

    Ends with 1 where `--compare` found rows that are not what their stream says.
    """
    if service not in SERVICES:
        raise Failure(f"There is no service {service!r}. There are: {', '.join(SERVICES)}.", 2)
    built = build(service, data)
    chosen = _chosen(built, collections or [])
    with progress() as shown:
        outcomes = asyncio.run(_run(built, chosen, compare, remove_many, shown))
    if json:
        print_json([asdict(outcome) for outcome in outcomes])
    else:
        print_table(_COLUMNS, [[getattr(outcome, column) for column in _COLUMNS] for outcome in outcomes])
    if compare and any(outcome.wrong for outcome in outcomes):
        raise Failure("Some rows are not what their stream says; `sounding rebuild` without --compare puts them right.")


def build(service: str, data: Path | None) -> "Service":
    """A service with the settings of this deployment, not started."""
    built: Service = importlib.import_module(f"services.{service}.main").build(own_settings(service, data))
    return built


def own_settings(service: str, data: Path | None) -> Any:
    """A service's settings, in the deployment that the environment names or that runs here."""
    from chassis.settings import SettingsError, load  # noqa: PLC0415 - slow

    settings(data)
    if running_here(data):
        os.environ.setdefault("SOUNDING_SIGNING_KEYS", json_text([local_secrets(data_folder(data)).signing_key]))
    try:
        return load(importlib.import_module(f"services.{service}.settings").Settings)
    except SettingsError as error:
        raise Failure(f"The settings are not right:\n{error}", 2) from error


def _chosen(service: "Service", collections: list[str]) -> "list[Subscription]":
    rebuildable = [found for found in service.streams.subscriptions if found.projections]
    known = [name for found in rebuildable for name in found.projections]
    if unknown := set(collections) - set(known):
        raise Failure(f"{service.name} has no projection {min(unknown)!r}. It has: {', '.join(known)}.", 2)
    return [found for found in rebuildable if not collections or set(found.projections) & set(collections)]


async def _run(
    service: "Service", chosen: "list[Subscription]", compare: bool, remove_many: bool, shown: Progress
) -> "list[Outcome]":
    from chassis.errors import Refusal  # noqa: PLC0415 - slow
    from chassis.rebuild import Rebuild, RebuildError  # noqa: PLC0415

    outcomes: list[Outcome] = []
    await service.prepare()
    for subscription in chosen:
        told = _teller(shown, subscription.purpose)
        try:
            once = Rebuild(service.database, service.settings, subscription, told=told)
            outcomes += await once.run(compare_only=compare, remove_many=remove_many)
        except (Refusal, RebuildError) as error:
            raise Failure(str(error)) from error
    service.database.close()
    return outcomes


def _teller(shown: Progress, purpose: str) -> "Told":
    def tell(step: str, done: int, total: int) -> None:
        shown.doing(f"{purpose}: {step} {done:,}" + (f" of {total:,}" if total else ""))

    return tell
