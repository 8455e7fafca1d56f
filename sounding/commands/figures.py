"""`sounding figures`: count all answers again, and say or mend what was counted wrong."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sounding.commands.rebuild import build
from sounding.deployment import DataOption, JsonOption
from sounding.output import Failure, Progress, out, print_json, progress

if TYPE_CHECKING:
    from chassis.service import Service
    from services.feedback.commands.recounting import Drift

commands = typer.Typer(help="Count the dashboard's figures anew.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="figures")


@commands.command()
def check(data: DataOption = None, json: JsonOption = False) -> None:
    """Say on which days the figures are not what the answers say; ends with 1 where there are any."""
    drift = _recounted(data, compare_only=True)
    _show(drift, json=json)
    if drift.wrong:
        raise Failure(f"{len(drift.wrong)} days are counted wrong; `sounding figures rebuild` puts them right.")


@commands.command()
def rebuild(data: DataOption = None, json: JsonOption = False) -> None:
    """Count every day anew, while the service runs, and put right what is wrong."""
    _show(_recounted(data, compare_only=False), json=json)


def _recounted(data: Path | None, *, compare_only: bool) -> "Drift":
    service = build("feedback", data)
    with progress() as shown:
        return asyncio.run(_run(service, shown, compare_only=compare_only))


async def _run(service: "Service", shown: Progress, *, compare_only: bool) -> "Drift":
    from services.feedback.commands.recounting import recount  # noqa: PLC0415 - slow

    def tell(table: str, done: int, total: int) -> None:
        shown.doing(f"{table}: {done:,} of {total:,} days")

    await service.prepare()
    found = await recount(service.database, compare_only=compare_only, told=tell)
    service.database.close()
    return found


def _show(drift: "Drift", *, json: bool) -> None:
    if json:
        print_json(asdict(drift))
        return
    out.print(f"{drift.days:,} days, {drift.rows:,} rows; {len(drift.wrong):,} were wrong.")
    for name in (*drift.wrong[:50], *(f"{one} (too much came in to tell)" for one in drift.unsettled)):
        out.print(f"  {name.replace('|', ' ')}")
